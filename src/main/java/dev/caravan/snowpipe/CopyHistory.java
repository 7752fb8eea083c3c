package dev.caravan.snowpipe;

import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.Warehouse;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What Snowflake knows of the files that were loaded into a table in the last 14 days, by pipe or by hand. */
final class CopyHistory {

    /** As many names as one query asks for. */
    private static final int AT_ONCE = 1000;

    private final Warehouse warehouse;
    private final String table;

    CopyHistory(Warehouse warehouse, String table) {
        this.warehouse = warehouse;
        this.table = table;
    }

    /**
     * What became of files; those that are not there, or under way, are left out.
     *
     * @param files the names of objects in the bucket
     */
    Map<String, Entry> of(Collection<String> files) {
        List<String> all = List.copyOf(files);
        Map<String, Entry> entries = new HashMap<>();
        for (int from = 0; from < all.size(); from += AT_ONCE) {
            ask(all.subList(from, Math.min(from + AT_ONCE, all.size())), entries);
        }
        return entries;
    }

    private void ask(List<String> files, Map<String, Entry> entries) {
        String names = files.stream()
                .map(file -> Snowflake.literal(file.substring(file.lastIndexOf('/') + 1)))
                .distinct()
                .collect(Collectors.joining(", "));
        String sql = "SELECT STAGE_LOCATION, FILE_NAME, STATUS, ROW_COUNT, FIRST_ERROR_MESSAGE, FIRST_ERROR_LINE_NUMBER"
                + " FROM TABLE(" + table.substring(0, table.indexOf('.'))
                + ".INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => "
                + Snowflake.literal(table) + ", START_TIME => DATEADD('day', -13, CURRENT_TIMESTAMP())))"
                + " WHERE SPLIT_PART(FILE_NAME, '/', -1) IN (" + names + ") ORDER BY LAST_LOAD_TIME";
        try (QueryResult rows = warehouse.query(sql)) {
            while (rows.hasNext()) {
                List<Object> row = rows.next();
                String path = "/" + text(row.get(0)) + "/" + text(row.get(1));
                Entry entry = Entry.of(text(row.get(2)), text(row.get(3)), text(row.get(4)), text(row.get(5)));
                if (entry != null) {
                    files.stream()
                            .filter(file -> path.replace("//", "/").endsWith("/" + file))
                            .forEach(file -> entries.merge(file, entry, (old, now) -> old.loaded() ? old : now));
                }
            }
        }
    }

    private static String text(Object value) {
        return value == null ? "" : value.toString();
    }

    /**
     * What became of a file.
     *
     * @param reason why it was refused, or null if it is loaded
     */
    record Entry(long rows, String reason) {

        /** Null if it is still being loaded. */
        static Entry of(String status, String rows, String error, String line) {
            return switch (status.toLowerCase(Locale.ROOT).replace('_', ' ')) {
                case "loaded" -> new Entry(rows.isEmpty() ? 0 : Long.parseLong(rows), null);
                case "load in progress" -> null;
                default ->
                    new Entry(
                            0,
                            status
                                    + (line.isEmpty() ? "" : ", line " + line)
                                    + (error.isEmpty() ? "" : ": " + error.replaceAll("\\s+", " ")));
            };
        }

        boolean loaded() {
            return reason == null;
        }
    }
}
