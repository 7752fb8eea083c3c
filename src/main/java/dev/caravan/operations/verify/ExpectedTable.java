package dev.caravan.operations.verify;

import dev.caravan.run.UsageException;
import dev.caravan.warehouse.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A table that should exist and be loaded on schedule.
 *
 * @param table its name as in SQL
 * @param range the column whose minimum and maximum are reported, or null
 * @param pipeline the pipeline that fills it
 */
record ExpectedTable(String table, String range, String pipeline) {

    /** The setting with the tables: {@code TABLE(COLUMN) by PIPELINE, ...}; the column is optional. */
    static final String PROPERTY = "verify.tables";

    private static final Pattern ENTRY = Pattern.compile("([^()\\s]+)\\s*(?:\\(\\s*(\\w+)\\s*\\))?\\s+by\\s+(\\S+)");

    private static final Pattern SIMPLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private static final Pattern LAST_PART = Pattern.compile("(?:\"(?:[^\"]|\"\")+\"|[^.\"]+)$");

    /** Reads the list. */
    static List<ExpectedTable> list(String text) {
        List<ExpectedTable> tables = new ArrayList<>();
        for (String entry : text.strip().split("\\s*,\\s*", -1)) {
            if (entry.isEmpty()) {
                continue;
            }
            Matcher matcher = ENTRY.matcher(entry);
            if (!matcher.matches()) {
                throw new UsageException("Invalid entry '" + entry + "' in " + PROPERTY
                        + ": write DATABASE.SCHEMA.TABLE(COLUMN) by PIPELINE, separated by commas");
            }
            TableName.parse(matcher.group(1));
            tables.add(new ExpectedTable(matcher.group(1), matcher.group(2), matcher.group(3)));
        }
        return tables;
    }

    /** Returns a table that the route of a pipeline loads into. */
    static ExpectedTable fed(TableName name, String pipeline) {
        String table = Stream.of(name.database(), name.schema(), name.table())
                .map(part -> SIMPLE.matcher(part).matches() ? part : '"' + part.replace("\"", "\"\"") + '"')
                .collect(Collectors.joining("."));
        return new ExpectedTable(table, null, pipeline);
    }

    /** Returns whether both are the same table, loaded by the same pipeline. */
    boolean same(ExpectedTable other) {
        return pipeline.equals(other.pipeline)
                && name().toString().equalsIgnoreCase(other.name().toString());
    }

    /** Returns another table of the same schema, as in SQL. */
    String sibling(String other) {
        return LAST_PART.matcher(table).replaceFirst(other);
    }

    TableName name() {
        return TableName.parse(table);
    }
}
