package dev.caravan.warehouse.postgresql;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.Dialect;
import dev.caravan.warehouse.TableName;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * PostgreSQL's SQL. A failed cast ends the transaction, so conditions check a value before they cast it: by a regular
 * expression, or by CASE, which evaluates its branches in order.
 */
final class PostgreSqlDialect extends Dialect {

    static final PostgreSqlDialect INSTANCE = new PostgreSqlDialect();

    /** The longest name, in bytes; PostgreSQL truncates longer ones. */
    private static final int LONGEST_NAME = 63;

    private static final Pattern DECIMAL = Pattern.compile("numeric\\((\\d+),(\\d+)\\)");

    /** The dates from the year 1 to 9999. */
    private static final String DATE = "(?!0000)([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
            + "|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
            + "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)";

    private static final String TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?";

    /** The range of the doubles that are 64-bit integers. */
    private static final String INTEGER_DOUBLES = " BETWEEN -9223372036854775808 AND 9223372036854774784";

    private static final String INTEGERS = " BETWEEN -9223372036854775808 AND 9223372036854775807";

    private PostgreSqlDialect() {}

    /** Quotes the schema alone: a connection reaches one database. */
    @Override
    public String qualifiedSchema(TableName table) {
        return quote(table.schema());
    }

    /** Spells simple names as PostgreSQL does if they are not quoted, so that queries need no quotes. */
    @Override
    public String spell(String name) {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        if (length > LONGEST_NAME) {
            throw new PermanentException("The name " + name + " has " + length + " bytes, but PostgreSQL allows "
                    + LONGEST_NAME + "; rename it in the source");
        }
        return isSimple(name) ? name.toLowerCase(Locale.ROOT) : name;
    }

    @Override
    public String typeName(ColumnType type) {
        return switch (type.kind()) {
            case BOOLEAN -> "boolean";
            case INTEGER -> "bigint";
            case DECIMAL -> "numeric(" + type.precision() + "," + type.scale() + ")";
            case DOUBLE -> "double precision";
            case DATE -> "date";
            case TIME -> "time without time zone";
            case TIMESTAMP -> "timestamp without time zone";
            case TIMESTAMP_TZ -> "timestamp with time zone";
            case TEXT -> "text";
            case BINARY -> "bytea";
            case JSON -> "jsonb";
        };
    }

    /** Returns the type of a name that {@code format_type} writes; null if Caravan does not create columns of it. */
    ColumnType type(String name) {
        if (name.equals("character varying")) { // without a length it is text
            return ColumnType.of(Kind.TEXT);
        }
        Matcher decimal = DECIMAL.matcher(name);
        if (decimal.matches()) {
            int precision = Integer.parseInt(decimal.group(1));
            int scale = Integer.parseInt(decimal.group(2));
            return precision <= ColumnType.MAX_PRECISION && scale <= precision
                    ? ColumnType.decimal(precision, scale)
                    : null;
        }
        return typeNamed(name);
    }

    @Override
    public String cast(String expression, ColumnType from, ColumnType to) {
        if (from.equals(to)) {
            return expression;
        }
        return switch (to.kind()) {
            case TEXT -> text(expression, from);
            case INTEGER -> from.kind() == Kind.TEXT ? as(as(expression, "numeric"), to) : as(expression, to);
            // a direct cast of a double keeps 15 digits only
            case DECIMAL -> from.kind() == Kind.DOUBLE ? as(exact(expression), to) : as(expression, to);
            case TIMESTAMP_TZ ->
                from.kind() == Kind.TEXT
                        ? as(expression, to)
                        : "(" + as(expression, "timestamp without time zone") + " AT TIME ZONE 'UTC')";
            default -> as(expression, to);
        };
    }

    private String as(String expression, ColumnType type) {
        return as(expression, typeName(type));
    }

    private static String as(String expression, String type) {
        return "CAST(" + expression + " AS " + type + ")";
    }

    /** Returns a double as a number with the digits that tell it from its neighbours. */
    private static String exact(String expression) {
        return as(as(expression, "text"), "numeric");
    }

    @Override
    protected String text(String expression, ColumnType from) {
        String text = as(expression, "text");
        return switch (from.kind()) {
            case DECIMAL -> from.scale() == 0 ? text : "rtrim(rtrim(" + text + ", '0'), '.')";
            case DOUBLE ->
                "CASE WHEN " + expression + " = 'NaN' THEN 'nan' WHEN " + expression + " = 'Infinity' THEN 'inf' WHEN "
                        + expression + " = '-Infinity' THEN '-inf'"
                        // PostgreSQL writes numbers of 16 digits with an exponent
                        + " WHEN abs(" + expression + ") >= 1e15 AND abs(" + expression + ") < 1e16 THEN "
                        + as(exact(expression), "text") + " ELSE " + text + " END";
            case TIMESTAMP_TZ -> "(" + as(expression + " AT TIME ZONE 'UTC'", "text") + " || '+00:00')";
            case BINARY -> "encode(" + expression + ", 'hex')";
            default -> text;
        };
    }

    @Override
    public String fits(String expression, ColumnType from, ColumnType to) {
        if (to.kind() == Kind.TEXT || from.equals(to)) {
            return "TRUE";
        }
        return switch (from.kind()) {
            case INTEGER, DECIMAL -> numberFits(expression, to);
            case DOUBLE -> doubleFits(expression, to);
            case DATE ->
                to.kind() == Kind.TIMESTAMP ? expression + " NOT BETWEEN '294277-01-01' AND '5874897-12-31'" : null;
            case TIMESTAMP -> to.kind() == Kind.DATE ? as(as(expression, "date"), from) + " = " + expression : null;
            case TEXT -> fitsTime(expression, to);
            default -> null;
        };
    }

    private String numberFits(String number, ColumnType to) {
        String exact = as(number, "numeric");
        return switch (to.kind()) {
            case INTEGER -> number + " = trunc(" + exact + ") AND " + number + INTEGERS;
            case DECIMAL -> exact + " = round(" + exact + ", " + to.scale() + ") AND abs(" + exact + ") < " + limit(to);
            // to the whole number that the double is, or to the digits that tell the double from its neighbours
            case DOUBLE ->
                "CASE WHEN " + exact + " = trunc(" + exact + ") AND " + number + INTEGER_DOUBLES + " THEN "
                        + as(as(number, to), "bigint") + " = " + number + " ELSE " + exact(as(number, to)) + " = "
                        + number + " END";
            default -> null;
        };
    }

    private String doubleFits(String number, ColumnType to) {
        return switch (to.kind()) {
            case INTEGER -> number + " = trunc(" + number + ") AND " + number + INTEGER_DOUBLES;
            case DECIMAL ->
                "CASE WHEN abs(" + number + ") < " + limit(to) + " THEN "
                        + as("round(" + exact(number) + ", " + to.scale() + ")", "double precision") + " = " + number
                        + " ELSE FALSE END";
            default -> null;
        };
    }

    /** Returns the number that the absolute values of a decimal are below. */
    private static String limit(ColumnType decimal) {
        return "1e" + (decimal.precision() - decimal.scale());
    }

    @Override
    protected String zonePattern() {
        return "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)";
    }

    @Override
    protected String matches(String expression, String pattern) {
        return expression + " ~ '^(" + pattern + ")$'";
    }

    @Override
    protected String parses(String expression, ColumnType to) {
        return switch (to.kind()) {
            case DATE -> matches(expression, DATE);
            case TIME -> matches(expression, TIME);
            case TIMESTAMP -> matches(expression, DATE + "[T ]" + TIME);
            case TIMESTAMP_TZ -> matches(expression, DATE + "[T ]" + TIME + zonePattern());
            case INTEGER -> numberParses(expression, as(expression, "numeric") + INTEGERS);
            case DECIMAL -> numberParses(expression, "abs(" + as(expression, "numeric") + ") < " + limit(to));
            default -> super.parses(expression, to);
        };
    }

    private String numberParses(String expression, String range) {
        return "CASE WHEN " + matches(expression, "[+-]?[0-9]{1,255}([.][0-9]{0,255})?") + " THEN " + range
                + " ELSE FALSE END";
    }

    /** Casts a text that {@link #text} could have written. */
    @Override
    protected String tryCast(String expression, ColumnType to) {
        if (to.kind() != Kind.DOUBLE) {
            throw new IllegalArgumentException("Only text is cast to " + to.kind() + " that parses");
        }
        return "CASE WHEN " + expression + " IN ('nan', 'inf', '-inf', '0', '-0') THEN " + as(expression, to)
                + " WHEN " + matches(expression, "-?[0-9]{1,17}([.][0-9]{1,30})?(e[+-][0-9]{2,3})?")
                + " THEN CASE WHEN abs(" + as(expression, "numeric")
                + ") BETWEEN 5e-324 AND 1.7976931348623157e308 THEN "
                + as(expression, to) + " END END";
    }

    @Override
    public String sortKey(String expression, ColumnType type) {
        return type.kind() == Kind.TEXT ? "(" + expression + " COLLATE \"C\")" : expression;
    }

    /** As PostgreSQL 12 has it, which has no MERGE. */
    @Override
    public String insertIfAbsent(TableName table, String key, String column, String value) {
        return "INSERT INTO " + qualified(table) + " (" + key + ", " + column + ") VALUES (?, " + value
                + ") ON CONFLICT DO NOTHING";
    }

    @Override
    public String databases() {
        return "SELECT current_database() AS name";
    }

    @Override
    public String schemas(String database) {
        return "SELECT nspname AS name FROM pg_namespace";
    }
}
