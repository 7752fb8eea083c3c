package dev.caravan.warehouse.snowflake;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.warehouse.Dialect;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Snowflake's SQL. */
public final class SnowflakeDialect extends Dialect {

    public static final SnowflakeDialect INSTANCE = new SnowflakeDialect();

    private static final Pattern NUMBER = Pattern.compile("NUMBER\\((\\d+),(\\d+)\\)");
    /** A time that is counted at least in microseconds, text and bytes of any length. */
    private static final Pattern SIZED =
            Pattern.compile("(VARCHAR|BINARY)\\(\\d+\\)|(TIME|TIMESTAMP_NTZ|TIMESTAMP_TZ)\\([6-9]\\)");

    private static final Set<Kind> EXACT = EnumSet.of(Kind.INTEGER, Kind.DECIMAL);

    private SnowflakeDialect() {}

    /** DDL commits at once. */
    @Override
    public boolean hasTransactionalDdl() {
        return false;
    }

    /** In Snowflake's literals the backslash escapes. */
    @Override
    public String literal(String text) {
        return Snowflake.literal(text);
    }

    /** Spells simple names in upper case, as Snowflake does if they are not quoted; all others stay. */
    @Override
    public String spell(String name) {
        return SnowflakeNames.spell(name);
    }

    @Override
    public String typeName(ColumnType type) {
        return switch (type.kind()) {
            case BOOLEAN -> "BOOLEAN";
            case INTEGER -> "NUMBER(38,0)";
            case DECIMAL -> "NUMBER(" + type.precision() + "," + type.scale() + ")";
            case DOUBLE -> "FLOAT";
            case DATE -> "DATE";
            case TIME -> "TIME";
            case TIMESTAMP -> "TIMESTAMP_NTZ";
            case TIMESTAMP_TZ -> "TIMESTAMP_TZ";
            case TEXT -> "VARCHAR";
            case BINARY -> "BINARY";
            case JSON -> "VARIANT";
        };
    }

    /** Returns the type of a column from its name in {@code DESCRIBE TABLE}; null if Caravan does not create columns of it. */
    ColumnType type(String name) {
        Matcher number = NUMBER.matcher(name);
        if (number.matches()) {
            int precision = Integer.parseInt(number.group(1));
            int scale = Integer.parseInt(number.group(2));
            return precision == ColumnType.MAX_PRECISION && scale == 0
                    ? ColumnType.of(Kind.INTEGER)
                    : ColumnType.decimal(precision, scale);
        }
        Matcher sized = SIZED.matcher(name);
        String plain = !sized.matches() ? name : sized.group(1) == null ? sized.group(2) : sized.group(1);
        return typeNamed(plain);
    }

    /** Converts a staged value to the type of a column; staged JSON is text until then. */
    @Override
    public String cast(String expression, ColumnType from, ColumnType to) {
        if (to.kind() == Kind.JSON) {
            return "PARSE_JSON(" + expression + ")";
        } else if (from.equals(to) || from.kind() == Kind.JSON) {
            return expression;
        } else if (to.kind() != Kind.TEXT) {
            return "CAST(" + expression + " AS " + typeName(to) + ")";
        }
        return text(expression, from);
    }

    @Override
    protected String text(String expression, ColumnType from) {
        return switch (from.kind()) {
            case BINARY -> "LOWER(HEX_ENCODE(" + expression + "))";
            case DECIMAL ->
                from.scale() == 0
                        ? "CAST(" + expression + " AS VARCHAR)"
                        : shortest("CAST(" + expression + " AS VARCHAR)");
            case DATE -> "TO_VARCHAR(" + expression + ", 'YYYY-MM-DD')";
            case TIME -> shortest("TO_VARCHAR(" + expression + ", 'HH24:MI:SS.FF6')");
            case TIMESTAMP -> shortest("TO_VARCHAR(" + expression + ", 'YYYY-MM-DD HH24:MI:SS.FF6')");
            case TIMESTAMP_TZ ->
                shortest("TO_VARCHAR(" + expression + ", 'YYYY-MM-DD HH24:MI:SS.FF6')") + " || TO_VARCHAR(" + expression
                        + ", 'TZH:TZM')";
            default -> "CAST(" + expression + " AS VARCHAR)";
        };
    }

    /** Removes the zeros at the end of the fraction of a number or time. */
    private static String shortest(String text) {
        return "RTRIM(RTRIM(" + text + ", '0'), '.')";
    }

    /** Converts the value of a table's column to another type. */
    String castStored(String column, ColumnType from, ColumnType to) {
        return from.kind() == Kind.JSON ? "TO_JSON(" + column + ")" : cast(column, from, to);
    }

    /** TRY_CAST accepts text only: numbers are cast there and back, where no cast can fail. */
    @Override
    public String fits(String expression, ColumnType from, ColumnType to) {
        if (from.equals(to) || to.kind() == Kind.TEXT) {
            return "TRUE";
        } else if (from.kind() == Kind.TEXT) {
            return fitsTime(expression, to);
        } else if (EXACT.contains(from.kind()) && EXACT.contains(to.kind())) {
            return "ROUND(" + expression + ", " + to.scale() + ") = " + expression + below(expression, to);
        } else if (from.kind() == Kind.DOUBLE && EXACT.contains(to.kind())) {
            return returns(expression, from, to, Math.min(digits(to), 18));
        } else if (EXACT.contains(from.kind()) && to.kind() == Kind.DOUBLE) {
            return returns(expression, from, to, digits(from));
        } else if (from.kind() == Kind.DATE && to.kind() == Kind.TIMESTAMP) {
            return "TRUE";
        } else if (from.kind() == Kind.TIMESTAMP && to.kind() == Kind.DATE) {
            return "CAST(CAST(" + expression + " AS DATE) AS TIMESTAMP_NTZ) = " + expression;
        }
        return null;
    }

    @Override
    protected String matches(String expression, String pattern) {
        return "REGEXP_LIKE(" + expression + ", '" + pattern + "')";
    }

    @Override
    public String deduplicate(String relation, String number, List<String> key, String order) {
        return "DELETE FROM " + relation + " WHERE " + number + " IN (SELECT " + number + " FROM " + relation
                + " QUALIFY " + rank(number, key, order) + " > 1)";
    }

    @Override
    public String databases() {
        return "SHOW DATABASES";
    }

    @Override
    public String schemas(String database) {
        return "SHOW SCHEMAS IN DATABASE " + quote(spell(database));
    }

    /** Returns whether a value survives the cast and the cast back; with more digits it does not, and is not cast. */
    private String returns(String expression, ColumnType from, ColumnType to, int digits) {
        int castable = Math.min(digits, ColumnType.MAX_PRECISION - 1 - Math.max(from.scale(), to.scale()));
        return "CASE WHEN ABS(" + expression + ") < " + power(castable) + " THEN CAST(CAST(" + expression + " AS "
                + typeName(roomy(to)) + ") AS " + typeName(roomy(from)) + ") = " + expression + " ELSE FALSE END";
    }

    /** Returns the type with the largest precision, so that rounding up does not overflow. */
    private static ColumnType roomy(ColumnType type) {
        return EXACT.contains(type.kind()) ? ColumnType.decimal(ColumnType.MAX_PRECISION, type.scale()) : type;
    }

    private static String below(String expression, ColumnType type) {
        int digits = digits(type);
        return digits == ColumnType.MAX_PRECISION ? "" : " AND ABS(" + expression + ") < " + power(digits);
    }

    private static int digits(ColumnType type) {
        return type.kind() == Kind.INTEGER ? ColumnType.MAX_PRECISION : type.precision() - type.scale();
    }

    private static String power(int digits) {
        return "1" + "0".repeat(Math.max(digits, 0));
    }
}
