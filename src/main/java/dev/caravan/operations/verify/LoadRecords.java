package dev.caravan.operations.verify;

import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.TableName;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * When each table of a schema was last loaded, by Caravan's load records: one question for all of its tables.
 *
 * @param unreadable why they cannot be read, or null; there are none before the first load
 */
record LoadRecords(Map<String, Instant> newest, PermanentException unreadable) {

    static LoadRecords read(Lookup lookup, TableName table) {
        Map<String, Instant> newest = new HashMap<>();
        try {
            lookup.rows("SELECT UPPER(table_name) AS name, MAX(committed_at) AS newest FROM "
                            + lookup.sql(table.sibling("_caravan_loads")) + " GROUP BY 1")
                    .forEach(row -> newest.put(String.valueOf(row.get("name")), Lookup.instant(row.get("newest"))));
            return new LoadRecords(newest, null);
        } catch (PermanentException e) {
            return new LoadRecords(newest, e);
        }
    }

    /** @throws PermanentException if the records cannot be read */
    Optional<Instant> newest(TableName table) {
        if (unreadable != null) {
            throw unreadable;
        }
        return Optional.ofNullable(newest.get(table.table().toUpperCase(Locale.ROOT)));
    }
}
