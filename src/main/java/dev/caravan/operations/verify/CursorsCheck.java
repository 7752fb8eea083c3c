package dev.caravan.operations.verify;

import dev.caravan.data.ColumnType.Kind;
import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.Cursor;
import dev.caravan.warehouse.TableName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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
        Map<TableName, Map<String, Cursor>> schemas = new HashMap<>();
        for (ExpectedTable expected : tables) {
            TableName table = expected.table();
            Cursor cursor = schemas.computeIfAbsent(table.sibling(""), schema -> cursors(table))
                    .get(table.table().toUpperCase(Locale.ROOT));
            if (cursor != null) {
                String found = table + " by " + cursor.column() + " at " + cursor.text();
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

    /** Returns the cursors of the tables of a schema, by their names in upper case. */
    private Map<String, Cursor> cursors(TableName table) {
        Map<String, Cursor> cursors = new HashMap<>();
        try {
            lookup.rows("SELECT UPPER(table_name) AS name, cursor_column, cursor_type, cursor_value FROM "
                            + lookup.sql(table.sibling("_caravan_state")) + " WHERE cursor_column IS NOT NULL")
                    .forEach(row -> cursors.put(
                            String.valueOf(row.get("name")),
                            Cursor.parse(
                                    String.valueOf(row.get("cursor_column")),
                                    Kind.valueOf(String.valueOf(row.get("cursor_type"))),
                                    String.valueOf(row.get("cursor_value")))));
        } catch (PermanentException e) { // nothing has been loaded yet, or a pipe loads the tables
            return Map.of();
        }
        return cursors;
    }
}
