package dev.caravan.snowflake.fake;

import java.sql.SQLException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An error as Snowflake reports it, with code, SQL state and message. */
public final class StatementError extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int code;
    private final String sqlState;

    public StatementError(int code, String sqlState, String message) {
        super(message);
        this.code = code;
        this.sqlState = sqlState;
    }

    int code() {
        return code;
    }

    String sqlState() {
        return sqlState;
    }

    static StatementError missing(String object) {
        return new StatementError(
                2003, "42S02", "SQL compilation error:\nObject '" + object + "' does not exist or not authorized.");
    }

    /** A missing database, schema, stage and so on. */
    static StatementError missing(String kind, String object) {
        return new StatementError(
                2003,
                "02000",
                "SQL compilation error:\n" + kind + " '" + object + "' does not exist or not authorized.");
    }

    public static StatementError exists(String object) {
        return new StatementError(2002, "42710", "SQL compilation error:\nObject '" + object + "' already exists.");
    }

    static StatementError syntax(String message) {
        return new StatementError(1003, "42000", "SQL compilation error:\n" + message);
    }

    /** A feature that the fake does not support. */
    static StatementError unsupported(String what) {
        return new StatementError(2, "0A000", "Unsupported feature '" + what + "' (of the fake of Snowflake).");
    }

    /** Translates an error of DuckDB. */
    static StatementError of(SQLException failure) {
        String message = String.valueOf(failure.getMessage());
        for (Rule rule : RULES) {
            Matcher matcher = rule.pattern().matcher(message);
            if (matcher.find()) {
                Object[] groups = new Object[matcher.groupCount()];
                for (int i = 0; i < groups.length; i++) {
                    groups[i] = DuckDbNames.decode(String.valueOf(matcher.group(i + 1)));
                }
                return new StatementError(
                        rule.code(), rule.sqlState(), rule.message().formatted(groups));
            }
        }
        return new StatementError(2, "0A000", "The fake of Snowflake cannot do this: " + message);
    }

    private record Rule(Pattern pattern, int code, String sqlState, String message) {}

    private static Rule rule(String pattern, int code, String sqlState, String message) {
        return new Rule(Pattern.compile(pattern, Pattern.DOTALL), code, sqlState, message);
    }

    private static final List<Rule> RULES = List.of(
            rule("(Error parsing JSON: .*?)\\n", 100069, "22P02", "%s"),
            rule(
                    "argument types 'replace\\((.*?), ",
                    1065,
                    "22023",
                    "SQL compilation error:\nFunction TRY_CAST cannot be used with arguments of types %s; it takes text."),
            rule("^Parser Error: (.*?)(?:\\n|$)", 1003, "42000", "SQL compilation error:\n%s"),
            rule(
                    "with name \"?([^\"]+?)\"? does not exist because schema",
                    2003,
                    "02000",
                    "SQL compilation error:\nSchema of '%s' does not exist or not authorized."),
            rule(
                    "^Catalog Error: (?:Table|View) with name \"?([^\"]+?)\"? does not exist",
                    2003,
                    "42S02",
                    "SQL compilation error:\nObject '%s' does not exist or not authorized."),
            rule(
                    "^(?:Catalog|Binder) Error: (?:Schema|Catalog) (?:with name )?\"?([^\"]+?)\"? does not exist",
                    2003,
                    "02000",
                    "SQL compilation error:\nSchema '%s' does not exist or not authorized."),
            rule(
                    "^Catalog Error: Column with name \"?([^\"]+?)\"? already exists",
                    1430,
                    "42710",
                    "SQL compilation error:\ncolumn '%s' already exists"),
            rule(
                    "^Catalog Error: .* with name \"?([^\"]+?)\"? already exists",
                    2002,
                    "42710",
                    "SQL compilation error:\nObject '%s' already exists."),
            rule(
                    "^Catalog Error: .*Function with name \"?([^\"]+?)\"? does not exist",
                    2140,
                    "42601",
                    "SQL compilation error:\nUnknown function %s"),
            rule(
                    "(?:column|Column) \"?([^\"]+?)\"? (?:not found|does not exist)",
                    904,
                    "42000",
                    "SQL compilation error: error line 1 at position 0\ninvalid identifier '%s'"),
            rule(
                    "does not have a column (?:named|with name) \"?([^\"]+?)\"?(?: |$|\\n)",
                    904,
                    "42000",
                    "SQL compilation error: error line 1 at position 0\ninvalid identifier '%s'"),
            rule("cannot affect the same target row", 100090, "42P18", "Duplicate row detected during DML action"),
            rule("NOT NULL constraint failed: (.*)", 100072, "22000", "NULL result in a non-nullable column\n%s"),
            rule("(?s)Conversion Error.*(?:to|from) \"?(?:date|DATE)", 100040, "22007", "Date is not recognized"),
            rule(
                    "Conversion Error.*date field value out of range: \"(.*?)\"",
                    100040,
                    "22007",
                    "Date '%s' is not recognized"),
            rule("Conversion Error.*date field value.*\"(.*?)\"", 100040, "22007", "Date '%s' is not recognized"),
            rule("Conversion Error.*timestamp.*?\"(.*?)\"", 100035, "22007", "Timestamp '%s' is not recognized"),
            rule(
                    "Conversion Error.*string ['\"](.*?)['\"] to BOOL",
                    100037,
                    "22018",
                    "Boolean value '%s' is not recognized"),
            rule("Conversion Error: Malformed JSON(.*)", 100069, "22P02", "Error parsing JSON:%s"),
            rule("Conversion Error.*string ['\"](.*?)['\"]", 100038, "22018", "Numeric value '%s' is not recognized"),
            rule("Conversion Error.*value (.*?) to DECIMAL", 100039, "22003", "Numeric value '%s' is out of range"),
            rule("Out of Range Error: (.*)", 100039, "22003", "Numeric value is out of range: %s"),
            rule(
                    "Invalid input for hex digit",
                    100115,
                    "22000",
                    "The following string is not a legal hex-encoded value"),
            rule("INTERRUPT", 604, "57014", "SQL execution canceled"));
}
