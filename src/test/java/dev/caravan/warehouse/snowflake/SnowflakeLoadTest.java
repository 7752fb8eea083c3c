package dev.caravan.warehouse.snowflake;

import dev.caravan.warehouse.LoadGuarantees;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SnowflakeLoadTest extends LoadGuarantees {

    @TempDir
    Path directory;

    private TestAccount account;

    @Override
    protected WarehouseComponent component() {
        account = new TestAccount("DLT", "A", "B");
        account.snowflake.allowQueries();
        // the scripts of the tests
        account.snowflake.allow("^(CREATE (OR REPLACE VIEW|TABLE IF NOT EXISTS NOTES)|SELEKT)");
        return account.component(directory);
    }

    @AfterEach
    void stop() {
        account.close();
    }
}
