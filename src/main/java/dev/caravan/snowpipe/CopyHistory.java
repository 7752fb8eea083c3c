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

/** What Snowflake knows of the files that were loaded into a table in the last 13 days, by pipe or by hand. */
final class CopyHistory {

    /** As many names as one query asks for. */
    private static final int AT_ONCE = 1000;

    private static final int DAYS = 13;

    private final Warehouse warehouse;
    private final Run run;
    private final String database;
    private final String table;

    /**
     * @param run the run that wants to know, or null
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
     * What became of files; those that are not there, or under way, are left out.
     *
     * @param files the names of objects in the bucket
     */
    Map<String, LoadedFile> of(Collection<String> files) {
        List<String> all = List.copyOf(files);
        Map<String, LoadedFile> found = new HashMap<>();
        for (int from = 0; from < all.size(); from += AT_ONCE) {
            ask(all.subList(from, Math.min(from + AT_ONCE, all.size())), found);
        }
        return found;
    }

    private void ask(List<String> files, Map<String, LoadedFile> found) {
        String names = files.stream()
                .map(file -> Snowflake.literal(file.substring(file.lastIndexOf('/') + 1)))
                .distinct()
                .collect(Collectors.joining(", "));
        String sql = LoadedFile.query(database, table, DAYS, "SPLIT_PART(FILE_NAME, '/', -1) IN (" + names + ")");
        try (QueryResult rows = warehouse.query(sql, run)) {
            while (rows.hasNext()) {
                LoadedFile loaded = LoadedFile.of(rows.next());
                if (loaded.loaded() || loaded.refused()) {
                    files.stream()
                            .filter(loaded::is)
                            .forEach(file -> found.merge(file, loaded, (old, now) -> old.loaded() ? old : now));
                }
            }
        }
    }
}
