package dev.caravan.warehouse.snowflake;

import dev.caravan.warehouse.Dialect;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Names of Snowflake's objects. Settings have them as in SQL, where an unquoted name means upper case. Statements that
 * administrators read have quotes only where they are needed.
 */
public final class SnowflakeNames {

    private static final Pattern PLAIN = Pattern.compile("[A-Z_][A-Z0-9_$]*");

    private static final Pattern PART = Pattern.compile("\"((?:[^\"]|\"\")+)\"|([^.\"]+)");

    /** Keywords that must be quoted as names. */
    private static final Set<String> RESERVED = Set.copyOf(Arrays.asList(("ACCOUNT ALL ALTER AND ANY AS BETWEEN BY CASE"
                    + " CAST CHECK COLUMN CONNECT CONNECTION CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME"
                    + " CURRENT_TIMESTAMP CURRENT_USER DATABASE DELETE DISTINCT DROP ELSE EXISTS FALSE FOLLOWING FOR FROM"
                    + " FULL GRANT GROUP GSCLUSTER HAVING ILIKE IN INCREMENT INNER INSERT INTERSECT INTO IS ISSUE JOIN"
                    + " LATERAL LEFT LIKE LOCALTIME LOCALTIMESTAMP MINUS NATURAL NOT NULL OF ON OR ORDER ORGANIZATION"
                    + " QUALIFY REGEXP REVOKE RIGHT RLIKE ROW ROWS SAMPLE SCHEMA SELECT SET SOME START TABLE TABLESAMPLE"
                    + " THEN TO TRIGGER TRUE TRY_CAST UNION UNIQUE UPDATE USING VALUES VIEW WHEN WHENEVER WHERE WITH")
            .split(" ")));

    private SnowflakeNames() {}

    /** Returns a name from SQL as Snowflake stores it: in upper case, unless it is quoted or needs quotes. */
    public static String fold(String name) {
        if (name.length() > 1 && name.startsWith("\"") && name.endsWith("\"")) {
            return name.substring(1, name.length() - 1).replace("\"\"", "\"");
        }
        return spell(name);
    }

    /** Returns a simple name in upper case, as Snowflake stores it if it is not quoted; any other name unchanged. */
    static String spell(String name) {
        return Dialect.isSimple(name) ? name.toUpperCase(Locale.ROOT) : name;
    }

    /** Returns a name of one or more parts for SQL. */
    public static String sql(String... parts) {
        return Arrays.stream(parts).map(SnowflakeNames::quote).collect(Collectors.joining("."));
    }

    private static String quote(String name) {
        return PLAIN.matcher(name).matches() && !RESERVED.contains(name)
                ? name
                : '"' + name.replace("\"", "\"\"") + '"';
    }

    /** Returns the parts of a name that Snowflake has printed; it does not quote all keywords. */
    public static List<String> parts(String printed) {
        return PART.matcher(printed)
                .results()
                .map(part ->
                        part.group(1) == null ? part.group(2) : part.group(1).replace("\"\"", "\""))
                .toList();
    }

    /** Returns the parts of a name from SQL. */
    public static List<String> parse(String sql) {
        return PART.matcher(sql).results().map(part -> fold(part.group())).toList();
    }
}
