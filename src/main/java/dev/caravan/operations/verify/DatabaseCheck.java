package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;

/** A database is there, and the session may see it. */
record DatabaseCheck(Lookup lookup, Product product, String database) implements Check {

    @Override
    public String name() {
        return "database " + database;
    }

    @Override
    public Finding run() {
        return product.databases(lookup).stream().anyMatch(database::equalsIgnoreCase)
                ? pass("exists")
                : fail("is not there, or not visible to this session", product.creation());
    }
}
