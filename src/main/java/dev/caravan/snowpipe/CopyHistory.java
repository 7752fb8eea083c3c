package dev.caravan.snowpipe;

import dev.caravan.run.Run;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.Warehouse;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads the load history of a table for the last 13 days, whether loaded by pipe or by hand. */
final class CopyHistory {

    /** The number of file names per query. */
    private static final int BATCH_SIZE = 1000;

    private static final int DAYS = 13;

    private final Warehouse warehouse;
    private final Run run;
    private final String database;
    private final String table;

    /**
     * @param run the run that queries it, or null
     * @param database the table's, as in SQL
     * @param table DATABASE.SCHEMA.TABLE, as in SQL
     */
    CopyHistory(Warehouse warehouse, Run run, String database, String table) {
        this.warehouse = warehouse;
        this.run = run;
        this.database = database;
        this.table = table;
    }

    /**
     * Returns the results of files; files that are unknown or in progress are omitted.
     *
     * @param files the names of objects in the bucket
     */
    Map<String, LoadedFile> of(Collection<String> files) {
        List<String> all = List.copyOf(files);
        Map<String, LoadedFile> found = new HashMap<>();
        for (int from = 0; from < all.size(); from += BATCH_SIZE) {
            query(all.subList(from, Math.min(from + BATCH_SIZE, all.size())), found);
        }
        return found;
    }

    private void query(List<String> files, Map<String, LoadedFile> found) {
        String names = files.stream()
                .map(file -> Snowflake.literal(file.substring(file.lastIndexOf('/') + 1)))
                .distinct()
                .collect(Collectors.joining(", "));
        String sql = LoadedFile.query(database, table, DAYS, "SPLIT_PART(FILE_NAME, '/', -1) IN (" + names + ")");
        try (QueryResult rows = warehouse.query(sql, run)) {
            while (rows.hasNext()) {
                LoadedFile loaded = LoadedFile.of(rows.next());
                if (loaded.loaded() || loaded.rejected()) {
                    files.stream()
                            .filter(loaded::is)
                            .forEach(file -> found.merge(file, loaded, (old, now) -> old.loaded() ? old : now));
                }
            }
        }
    }
}
