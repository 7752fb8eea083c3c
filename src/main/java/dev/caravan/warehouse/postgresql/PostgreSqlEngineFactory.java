package dev.caravan.warehouse.postgresql;

import dev.caravan.run.UsageException;
import dev.caravan.warehouse.Engine;
import dev.caravan.warehouse.EngineFactory;
import dev.caravan.warehouse.WarehouseComponent;
import java.time.Duration;

/** The engine {@code postgresql}. */
public final class PostgreSqlEngineFactory implements EngineFactory {

    @Override
    public String product() {
        return "PostgreSQL";
    }

    @Override
    public String creationHint() {
        return "run a pipeline that loads into it";
    }

    @Override
    public Engine create(WarehouseComponent component) {
        if (component.getDataSource() == null) {
            throw new UsageException("camel.component.warehouse.engine=postgresql needs a data source: set"
                    + " camel.component.warehouse.dataSource=#NAME, where NAME is a bean such as a HikariDataSource");
        }
        return new PostgreSqlEngine(component.getDataSource(), Duration.ofMillis(component.getLockTimeout()));
    }
}
