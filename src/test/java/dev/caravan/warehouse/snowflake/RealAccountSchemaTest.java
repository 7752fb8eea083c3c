package dev.caravan.warehouse.snowflake;

import dev.caravan.warehouse.SchemaGuarantees;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** The same guarantees in Snowflake itself. */
@EnabledIfEnvironmentVariable(named = RealAccount.SWITCH, matches = "true")
class RealAccountSchemaTest extends SchemaGuarantees {

    @TempDir
    Path directory;

    private RealAccount account;

    @Override
    protected WarehouseComponent component() throws SQLException {
        account = new RealAccount(System.getenv(), "DLT");
        return account.component(directory);
    }

    /** Both are NUMBER(38,0), which holds more than either. */
    @Override
    protected String kept(String type) {
        return type.equals("DECIMAL(19,0)") ? "INTEGER" : type;
    }

    @AfterEach
    void stop() throws SQLException {
        if (account != null) {
            account.close();
        }
    }
}
