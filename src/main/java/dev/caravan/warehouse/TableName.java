package dev.caravan.warehouse;

import dev.caravan.run.UsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The name of a table in three parts. */
public record TableName(String database, String schema, String table) {

    private static final Pattern PART = Pattern.compile("\"((?:[^\"]|\"\")*)\"|([^.\"]+)");

    /** Parses {@code DATABASE.SCHEMA.TABLE}; a part with a dot is in double quotes. */
    public static TableName parse(String name) {
        List<String> parts = parts(name);
        if (parts.size() != 3) {
            throw new UsageException("Invalid table name " + name + ": expected DATABASE.SCHEMA.TABLE");
        }
        return new TableName(parts.get(0), parts.get(1), parts.get(2));
    }

    /** Parses {@code DATABASE.SCHEMA}; a table after it is ignored. */
    public static TableName parseSchema(String name) {
        List<String> parts = parts(name);
        if (parts.size() < 2) {
            throw new UsageException("Invalid schema name " + name + ": expected DATABASE.SCHEMA");
        }
        return new TableName(parts.get(0), parts.get(1), "");
    }

    private static List<String> parts(String name) {
        List<String> parts = new ArrayList<>();
        Matcher matcher = PART.matcher(name);
        int at = 0;
        while (at <= name.length()) {
            if (!matcher.find(at) || matcher.start() != at) {
                throw new UsageException("Invalid table name: " + name);
            }
            parts.add(matcher.group(2) == null ? matcher.group(1).replace("\"\"", "\"") : matcher.group(2));
            at = matcher.end() + 1;
            if (at <= name.length() && name.charAt(at - 1) != '.') {
                throw new UsageException("Invalid table name: " + name);
            }
        }
        if (parts.size() > 3 || parts.stream().anyMatch(part -> part.isBlank() || part.indexOf('\0') >= 0)) {
            throw new UsageException("Invalid table name: " + name);
        }
        return parts;
    }

    /** Returns another table of the same schema. */
    public TableName sibling(String other) {
        return new TableName(database, schema, other);
    }

    @Override
    public String toString() {
        return database + "." + schema + (table.isEmpty() ? "" : "." + table);
    }
}
