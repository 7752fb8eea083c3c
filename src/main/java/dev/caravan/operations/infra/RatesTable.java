package dev.caravan.operations.infra;

import dev.caravan.data.Column;
import dev.caravan.exchangerates.RatesSchema;
import dev.caravan.warehouse.snowflake.SnowflakeDialect;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The table that Snowpipe loads into. Required fields are NOT NULL, so that Snowpipe rejects other files instead of loading
 * NULLs.
 *
 * @param table its name as in SQL
 */
record RatesTable(AccountConnection snowflake, String table) implements Resource {

    private static final String PRIVILEGES = "CREATE TABLE on the schema";

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
            String definitions = RatesSchema.COLUMNS.stream()
                    .map(column -> name(column) + " " + type(column) + (isRequired(column) ? " NOT NULL" : ""))
                    .collect(Collectors.joining(", "));
            return Diff.missing(
                    snowflake.statement("CREATE TABLE IF NOT EXISTS " + table + " (" + definitions + ")", PRIVILEGES));
        }
        List<String> differences = new ArrayList<>();
        List<Change> changes = new ArrayList<>();
        for (Column column : RatesSchema.COLUMNS) {
            compare(column, found.get(name(column)), differences, changes);
        }
        return differences.isEmpty() ? Diff.ok() : Diff.different(String.join("; ", differences), changes);
    }

    private void compare(Column column, Map<String, String> found, List<String> differences, List<Change> changes) {
        if (found == null) {
            differences.add("no column " + name(column));
            // existing rows have no value for it
            changes.add(snowflake.statement(
                    "ALTER TABLE " + table + " ADD COLUMN IF NOT EXISTS " + name(column) + " " + type(column),
                    "OWNERSHIP of the table"));
            return;
        }
        String foundType = found.get("type");
        if (!foundType.replaceFirst("\\(.*", "").equals(type(column))) {
            differences.add(name(column) + " is " + foundType + ", expected " + type(column)
                    + ": change it by hand, since its data is yours");
        }
        if (isRequired(column) && "Y".equals(found.get("null?"))) {
            differences.add(name(column) + " may be NULL, so that files without it are loaded: ALTER TABLE " + table
                    + " ALTER COLUMN " + name(column) + " SET NOT NULL, once no row lacks it");
        }
    }

    private static boolean isRequired(Column column) {
        return RatesSchema.FIELDS.contains(column);
    }

    private static String name(Column column) {
        return column.name().toUpperCase(Locale.ROOT);
    }

    private static String type(Column column) {
        return SnowflakeDialect.INSTANCE.typeName(column.type());
    }
}
