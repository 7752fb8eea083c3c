package dev.caravan.operations.verify;

import dev.caravan.data.ColumnType.Kind;
import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.Cursor;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Checks that no table's cursor is in the future, where it would hide rows with earlier values. */
record CursorsCheck(Lookup lookup, List<ExpectedTable> tables) implements Check {

    @Override
    public String name() {
        return "cursors";
    }

    @Override
    public Finding run() {
        Instant now = Instant.now();
        List<String> known = new ArrayList<>();
        List<String> ahead = new ArrayList<>();
        for (ExpectedTable table : tables) {
            for (Cursor cursor : cursors(table)) {
                String found = table.table() + " by " + cursor.column() + " at " + cursor.text();
                known.add(found);
                if (cursor.isInFuture(now)) {
                    ahead.add(found);
                }
            }
        }
        if (known.isEmpty()) {
            return notApplicable("no table has a cursor");
        }
        return ahead.isEmpty()
                ? pass(String.join("; ", known))
                : fail(
                        "in the future, so rows with earlier values are not read: " + String.join("; ", ahead),
                        "correct the rows at the source, set maxCursor: now on the load, and reload the table with"
                                + " mode: replace");
    }

    /** Returns the cursor of a table, if it has one. */
    private List<Cursor> cursors(ExpectedTable table) {
        try {
            return lookup
                    .rows("SELECT cursor_column, cursor_type, cursor_value FROM "
                            + lookup.sql(table.table().sibling("_caravan_state"))
                            + " WHERE cursor_column IS NOT NULL AND " + lookup.isAbout(table.table()))
                    .stream()
                    .map(row -> Cursor.parse(
                            String.valueOf(row.get("cursor_column")),
                            Kind.valueOf(String.valueOf(row.get("cursor_type"))),
                            String.valueOf(row.get("cursor_value"))))
                    .toList();
        } catch (PermanentException e) { // nothing has been loaded yet, or a pipe loads the table
            return List.of();
        }
    }
}
