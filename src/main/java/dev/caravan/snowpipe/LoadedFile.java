package dev.caravan.snowpipe;

import dev.caravan.warehouse.snowflake.Snowflake;
import java.util.List;
import java.util.Locale;

/**
 * The load of a file into a table, by pipe or by hand, as recorded in COPY_HISTORY.
 *
 * @param path stage and name, which COPY_HISTORY splits in more than one way
 * @param state of the load
 * @param rows loaded
 * @param reason why it was rejected, or null
 */
public record LoadedFile(String path, State state, long rows, String reason) {

    /** The state of a load. */
    public enum State {
        IN_PROGRESS,
        LOADED,
        REJECTED
    }

    /**
     * Returns the query whose rows {@link #of} reads, the oldest load first.
     *
     * @param table DATABASE.SCHEMA.TABLE, as in SQL
     * @param database its database, as in SQL
     * @param days how far back; Snowflake keeps 14
     * @param condition on the files, after WHERE, or empty
     */
    public static String query(String database, String table, int days, String condition) {
        return "SELECT STAGE_LOCATION, FILE_NAME, STATUS, ROW_COUNT, FIRST_ERROR_MESSAGE, FIRST_ERROR_LINE_NUMBER"
                + " FROM TABLE(" + database + ".INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => "
                + Snowflake.literal(table) + ", START_TIME => DATEADD('day', -" + days + ", CURRENT_TIMESTAMP())))"
                + (condition.isEmpty() ? "" : " WHERE " + condition) + " ORDER BY LAST_LOAD_TIME";
    }

    /** Reads a row of the query. A status other than loaded or in progress counts as rejected. */
    public static LoadedFile of(List<?> row) {
        String path = ("/" + text(row.get(0)) + "/" + text(row.get(1))).replaceAll("/+", "/");
        String status = text(row.get(2));
        return switch (status.toLowerCase(Locale.ROOT).replace('_', ' ')) {
            case "loaded" ->
                new LoadedFile(
                        path, State.LOADED, text(row.get(3)).isEmpty() ? 0 : Long.parseLong(text(row.get(3))), null);
            case "load in progress" -> new LoadedFile(path, State.IN_PROGRESS, 0, null);
            default -> {
                String line = text(row.get(5));
                String error = text(row.get(4)).replaceAll("\\s+", " ");
                yield new LoadedFile(
                        path,
                        State.REJECTED,
                        0,
                        status + (line.isEmpty() ? "" : ", line " + line) + (error.isEmpty() ? "" : ": " + error));
            }
        };
    }

    private static String text(Object value) {
        return value == null ? "" : value.toString();
    }

    /** Returns whether it is the object with this name in the bucket. */
    public boolean is(String object) {
        return path.endsWith("/" + object);
    }

    /** Returns its name without the prefix in the bucket. */
    public String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    public boolean loaded() {
        return state == State.LOADED;
    }

    public boolean rejected() {
        return state == State.REJECTED;
    }
}
