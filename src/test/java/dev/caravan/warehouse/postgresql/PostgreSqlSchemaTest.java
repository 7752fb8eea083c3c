package dev.caravan.warehouse.postgresql;

import dev.caravan.warehouse.SchemaGuarantees;
import dev.caravan.warehouse.WarehouseComponent;
import org.junit.jupiter.api.AfterEach;

class PostgreSqlSchemaTest extends SchemaGuarantees {

    private TestDatabase database;

    @Override
    protected WarehouseComponent component() {
        database = new TestDatabase();
        return database.component();
    }

    @Override
    protected Object json(Object text) {
        return parsed(text);
    }

    @Override
    protected String name(String name) {
        return PostgreSqlDialect.INSTANCE.spell(name);
    }

    @Override
    protected boolean storesNulCharacters() {
        return false;
    }

    @Override
    protected int longestName() {
        return 63;
    }

    @AfterEach
    void close() {
        database.close();
    }
}
