package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.run.PermanentException;
import java.util.List;

/** Checks that a table exists and is not empty; reports the number of rows and their range. */
record RowsCheck(Lookup lookup, String creationHint, ExpectedTable expected) implements Check {

    @Override
    public String name() {
        return "rows of " + expected.table();
    }

    @Override
    public Finding run() {
        String range = expected.range();
        List<Object> row;
        try {
            row = lookup.row("SELECT COUNT(*)"
                    + (range == null ? "" : ", MIN(%1$s), MAX(%1$s)".formatted(lookup.sql(range)))
                    + " FROM " + lookup.sql(expected.table()));
        } catch (PermanentException e) {
            return fail(Check.sentence(e), creationHint + " (" + expected.pipeline() + ")");
        }
        if (((Number) row.get(0)).longValue() == 0) {
            return fail("the table is empty", "caravan run " + expected.pipeline());
        }
        return pass("%,d rows".formatted(((Number) row.get(0)).longValue())
                + (range == null ? "" : ", " + range + " from " + row.get(1) + " to " + row.get(2)));
    }
}
