package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;

/** Checks that a schema exists and is visible to the session. */
record SchemaCheck(Lookup lookup, String creationHint, String database, String schema) implements Check {

    @Override
    public String name() {
        return "schema " + database + "." + schema;
    }

    @Override
    public Finding run() {
        boolean there = lookup.warehouse().databases().stream().anyMatch(database::equalsIgnoreCase)
                && lookup.warehouse().schemas(database).stream().anyMatch(schema::equalsIgnoreCase);
        return there ? pass("exists") : fail("does not exist, or is not visible to this session", creationHint);
    }
}
