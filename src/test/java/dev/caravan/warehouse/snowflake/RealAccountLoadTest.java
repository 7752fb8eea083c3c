package dev.caravan.warehouse.snowflake;

import dev.caravan.warehouse.LoadGuarantees;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** The same guarantees in Snowflake itself. */
@EnabledIfEnvironmentVariable(named = RealAccount.SWITCH, matches = "true")
class RealAccountLoadTest extends LoadGuarantees {

    @TempDir
    Path directory;

    private RealAccount account;

    @Override
    protected WarehouseComponent component() throws SQLException {
        account = new RealAccount(System.getenv(), "DLT", "A", "B");
        return account.component(directory);
    }

    @AfterEach
    void stop() throws SQLException {
        if (account != null) {
            account.close();
        }
    }
}
