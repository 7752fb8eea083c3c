package dev.caravan.warehouse.postgresql;

import dev.caravan.warehouse.LoadGuarantees;
import dev.caravan.warehouse.WarehouseComponent;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

class PostgreSqlLoadTest extends LoadGuarantees {

    private TestDatabase database;

    @Override
    protected WarehouseComponent component() {
        database = new TestDatabase();
        return database.component();
    }

    @Override
    protected String name(String name) {
        return PostgreSqlDialect.INSTANCE.spell(name);
    }

    /** A connection reaches one database. */
    @Override
    protected List<String> distantTables() {
        return List.of("DLT.A.T", "DLT.B.T");
    }

    @AfterEach
    void close() {
        database.close();
    }
}
