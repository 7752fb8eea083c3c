package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;

/** Checks that a database exists and is visible to the session. */
record DatabaseCheck(Lookup lookup, String creationHint, String database) implements Check {

    @Override
    public String name() {
        return "database " + database;
    }

    @Override
    public Finding run() {
        return lookup.warehouse().databases().stream().anyMatch(database::equalsIgnoreCase)
                ? pass("exists")
                : fail("does not exist, or is not visible to this session", creationHint);
    }
}
