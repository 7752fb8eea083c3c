package dev.caravan.operations.infra;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The table that Snowpipe fills. What a file must have is NOT NULL, so that Snowpipe refuses a file that is no exchange
 * rates instead of loading NULLs.
 *
 * @param table its name in SQL
 */
record RatesTable(SnowflakeConnection snowflake, String table) implements Resource {

    /** Each column and its type. */
    private static final Map<String, String> COLUMNS = new LinkedHashMap<>();

    static {
        COLUMNS.put("DATE", "DATE NOT NULL");
        COLUMNS.put("TIMESTAMP", "TIMESTAMP_NTZ NOT NULL");
        COLUMNS.put("BASE", "VARCHAR NOT NULL");
        COLUMNS.put("RATES", "VARIANT NOT NULL");
        COLUMNS.put("_LOADED_AT", "TIMESTAMP_NTZ");
        COLUMNS.put("_FILE", "VARCHAR");
        COLUMNS.put("_MODIFIED", "TIMESTAMP_NTZ");
    }

    private static final String NOT_NULL = " NOT NULL";
    private static final String TAKES = "CREATE TABLE on the schema";

    @Override
    public String name() {
        return "table " + table;
    }

    @Override
    public Place place() {
        return Place.SNOWFLAKE;
    }

    @Override
    public Diff diff() {
        Map<String, Map<String, String>> found = snowflake.rows("DESC TABLE " + table).stream()
                .collect(Collectors.toMap(row -> row.get("name"), row -> row, (a, b) -> a));
        if (found.isEmpty()) {
            String definitions = COLUMNS.entrySet().stream()
                    .map(column -> column.getKey() + " " + column.getValue())
                    .collect(Collectors.joining(", "));
            return Diff.missing(
                    snowflake.statement("CREATE TABLE IF NOT EXISTS " + table + " (" + definitions + ")", TAKES));
        }
        List<String> differences = new ArrayList<>();
        List<Change> changes = new ArrayList<>();
        COLUMNS.forEach((column, definition) -> {
            String type = definition.replace(NOT_NULL, "");
            if (!found.containsKey(column)) {
                differences.add("no column " + column);
                // rows that are there have no value for it
                changes.add(snowflake.statement(
                        "ALTER TABLE " + table + " ADD COLUMN IF NOT EXISTS " + column + " " + type,
                        "OWNERSHIP of the table"));
                return;
            }
            String foundType = found.get(column).get("type");
            if (!foundType.replaceFirst("\\(.*", "").equals(type)) {
                differences.add(column + " is " + foundType + ", expected " + type
                        + ": change it by hand, the data in it are yours");
            }
            if (definition.endsWith(NOT_NULL) && "Y".equals(found.get(column).get("null?"))) {
                differences.add(column + " may be NULL, so that files without it are loaded: ALTER TABLE " + table
                        + " ALTER COLUMN " + column + " SET NOT NULL, once no row lacks it");
            }
        });
        return differences.isEmpty() ? Diff.ok() : Diff.different(String.join("; ", differences), changes);
    }
}
