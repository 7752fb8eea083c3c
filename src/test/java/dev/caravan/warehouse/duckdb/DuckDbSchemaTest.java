package dev.caravan.warehouse.duckdb;

import dev.caravan.warehouse.SchemaGuarantees;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class DuckDbSchemaTest extends SchemaGuarantees {

    @TempDir
    Path directory;

    @Override
    protected WarehouseComponent component() {
        WarehouseComponent component = new WarehouseComponent();
        component.setDirectory(directory.toString());
        return component;
    }
}
