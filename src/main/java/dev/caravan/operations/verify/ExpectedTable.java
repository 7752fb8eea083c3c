package dev.caravan.operations.verify;

import dev.caravan.run.UsageException;
import dev.caravan.warehouse.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A table that should exist and be loaded on schedule.
 *
 * @param range the column whose minimum and maximum are reported, or null
 * @param pipeline the pipeline that loads it
 * @param loadedByPipeline whether a step of that pipeline loads it; if not known, a pipe may
 */
record ExpectedTable(TableName table, String range, String pipeline, boolean loadedByPipeline) {

    /** The setting with the tables: {@code TABLE(COLUMN) by PIPELINE, ...}; the column is optional. */
    static final String PROPERTY = "verify.tables";

    private static final Pattern ENTRY = Pattern.compile("([^()\\s]+)\\s*(?:\\(\\s*(\\w+)\\s*\\))?\\s+by\\s+(\\S+)");

    /** Parses the setting. */
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
            tables.add(new ExpectedTable(TableName.parse(matcher.group(1)), matcher.group(2), matcher.group(3), false));
        }
        return tables;
    }

    /** Returns whether both are the same table, loaded by the same pipeline. */
    boolean same(ExpectedTable other) {
        return pipeline.equals(other.pipeline) && table.toString().equalsIgnoreCase(other.table.toString());
    }
}
