package dev.caravan.warehouse.duckdb;

import dev.caravan.warehouse.LoadGuarantees;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class DuckDbLoadTest extends LoadGuarantees {

    @TempDir
    Path directory;

    @Override
    protected WarehouseComponent component() {
        WarehouseComponent component = new WarehouseComponent();
        component.setDirectory(directory.resolve("warehouse").toString());
        component.setLockTimeout(2_000);
        return component;
    }
}
