package dev.caravan.snowpipe;

import dev.caravan.warehouse.snowflake.Snowflake;
import java.util.List;
import java.util.Locale;

/**
 * What became of a file that Snowflake was to load into a table, by pipe or by hand, as COPY_HISTORY tells it.
 *
 * @param path its stage and its name, which COPY_HISTORY splits in more than one way
 * @param state where it stands
 * @param rows that were loaded
 * @param reason why it was refused, or null
 */
public record LoadedFile(String path, State state, long rows, String reason) {

    /** Where a file stands. */
    public enum State {
        UNDER_WAY,
        LOADED,
        REFUSED
    }

    /**
     * The query whose rows {@link #of} reads, the oldest load first.
     *
     * @param table DATABASE.SCHEMA.TABLE, as in SQL
     * @param database its database, as in SQL
     * @param days how far back; Snowflake keeps 14
     * @param condition what the files have to be, after WHERE, or empty
     */
    public static String query(String database, String table, int days, String condition) {
        return "SELECT STAGE_LOCATION, FILE_NAME, STATUS, ROW_COUNT, FIRST_ERROR_MESSAGE, FIRST_ERROR_LINE_NUMBER"
                + " FROM TABLE(" + database + ".INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => "
                + Snowflake.literal(table) + ", START_TIME => DATEADD('day', -" + days + ", CURRENT_TIMESTAMP())))"
                + (condition.isEmpty() ? "" : " WHERE " + condition) + " ORDER BY LAST_LOAD_TIME";
    }

    /** Reads a row of the query. Whatever is neither loaded nor under way was not loaded. */
    public static LoadedFile of(List<?> row) {
        String path = ("/" + text(row.get(0)) + "/" + text(row.get(1))).replaceAll("/+", "/");
        String status = text(row.get(2));
        return switch (status.toLowerCase(Locale.ROOT).replace('_', ' ')) {
            case "loaded" ->
                new LoadedFile(
                        path, State.LOADED, text(row.get(3)).isEmpty() ? 0 : Long.parseLong(text(row.get(3))), null);
            case "load in progress" -> new LoadedFile(path, State.UNDER_WAY, 0, null);
            default -> {
                String line = text(row.get(5));
                String error = text(row.get(4)).replaceAll("\\s+", " ");
                yield new LoadedFile(
                        path,
                        State.REFUSED,
                        0,
                        status + (line.isEmpty() ? "" : ", line " + line) + (error.isEmpty() ? "" : ": " + error));
            }
        };
    }

    private static String text(Object value) {
        return value == null ? "" : value.toString();
    }

    /** Whether it is the object of this name in the bucket. */
    public boolean is(String object) {
        return path.endsWith("/" + object);
    }

    /** Its name without what stands before it in the bucket. */
    public String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    public boolean loaded() {
        return state == State.LOADED;
    }

    public boolean refused() {
        return state == State.REFUSED;
    }
}
