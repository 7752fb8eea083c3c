package dev.caravan.warehouse.snowflake;

import dev.caravan.warehouse.SchemaGuarantees;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SnowflakeSchemaTest extends SchemaGuarantees {

    @TempDir
    Path directory;

    private TestAccount account;

    @Override
    protected WarehouseComponent component() {
        account = new TestAccount("DLT");
        account.snowflake.allowQueries();
        // what others do
        account.snowflake.allow(
                "^(CREATE TABLE IF NOT EXISTS PRODUCTS|(ALTER TABLE|INSERT INTO|UPDATE) (PRODUCTS|_caravan))");
        return account.component(directory);
    }

    /** Both are NUMBER(38,0), which holds more than either. */
    @Override
    protected String kept(String type) {
        return type.equals("DECIMAL(19,0)") ? "INTEGER" : type;
    }

    @AfterEach
    void stop() {
        account.close();
    }
}
