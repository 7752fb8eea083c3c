package dev.caravan.operations.infra;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Names of Snowflake's objects. In settings they are written as in SQL: without quotes they mean the upper case. Here they
 * are kept as Snowflake keeps them, and quoted for SQL only where they need it.
 */
public final class Names {

    private static final Pattern PLAIN = Pattern.compile("[A-Z_][A-Z0-9_$]*");

    private static final Pattern PART = Pattern.compile("\"((?:[^\"]|\"\")+)\"|([^.\"]+)");

    /** Words that Snowflake does not take for a name unless they are quoted. */
    private static final Set<String> RESERVED = Set.copyOf(Arrays.asList(("ACCOUNT ALL ALTER AND ANY AS BETWEEN BY CASE"
                    + " CAST CHECK COLUMN CONNECT CONNECTION CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME"
                    + " CURRENT_TIMESTAMP CURRENT_USER DATABASE DELETE DISTINCT DROP ELSE EXISTS FALSE FOLLOWING FOR FROM"
                    + " FULL GRANT GROUP GSCLUSTER HAVING ILIKE IN INCREMENT INNER INSERT INTERSECT INTO IS ISSUE JOIN"
                    + " LATERAL LEFT LIKE LOCALTIME LOCALTIMESTAMP MINUS NATURAL NOT NULL OF ON OR ORDER ORGANIZATION"
                    + " QUALIFY REGEXP REVOKE RIGHT RLIKE ROW ROWS SAMPLE SCHEMA SELECT SET SOME START TABLE TABLESAMPLE"
                    + " THEN TO TRIGGER TRUE TRY_CAST UNION UNIQUE UPDATE USING VALUES VIEW WHEN WHENEVER WHERE WITH")
            .split(" ")));

    private Names() {}

    /** A name as Snowflake keeps it: in upper case, unless it is quoted or could not be written without quotes. */
    public static String fold(String name) {
        if (name.length() > 1 && name.startsWith("\"") && name.endsWith("\"")) {
            return name.substring(1, name.length() - 1).replace("\"\"", "\"");
        }
        String upper = name.toUpperCase(Locale.ROOT);
        return PLAIN.matcher(upper).matches() ? upper : name;
    }

    /** A name of one or more parts for SQL. */
    public static String sql(String... parts) {
        return Arrays.stream(parts).map(Names::quote).collect(Collectors.joining("."));
    }

    private static String quote(String name) {
        return PLAIN.matcher(name).matches() && !RESERVED.contains(name)
                ? name
                : '"' + name.replace("\"", "\"\"") + '"';
    }

    /** The parts of a name as Snowflake prints it, which quotes fewer words than SQL wants quoted. */
    static List<String> parts(String printed) {
        return PART.matcher(printed)
                .results()
                .map(part ->
                        part.group(1) == null ? part.group(2) : part.group(1).replace("\"\"", "\""))
                .toList();
    }

    /** The parts of a name as it stands in SQL. */
    static List<String> parse(String sql) {
        return PART.matcher(sql).results().map(part -> fold(part.group())).toList();
    }
}
