package dev.caravan.warehouse.duckdb;

import dev.caravan.warehouse.Engine;
import dev.caravan.warehouse.EngineFactory;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import java.time.Duration;

/** The engine {@code duckdb}: files in the component's directory. */
public final class DuckDbEngineFactory implements EngineFactory {

    @Override
    public String product() {
        return "DuckDB";
    }

    @Override
    public String creationHint() {
        return "run a pipeline that loads into it, which creates it";
    }

    @Override
    public Engine create(WarehouseComponent component) {
        return new DuckDbEngine(
                Path.of(component.getDirectory()),
                Duration.ofMillis(component.getLockTimeout()),
                (long) component.getMemory() << 20);
    }
}
