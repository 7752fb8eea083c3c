package dev.caravan.warehouse.snowflake;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The types of Snowflake, and how values get from one to the other. */
final class SnowflakeTypes {

    private static final Pattern NUMBER = Pattern.compile("NUMBER\\((\\d+),(\\d+)\\)");
    /** A time that is counted at least in microseconds, text and bytes of any length. */
    private static final Pattern SIZED =
            Pattern.compile("(VARCHAR|BINARY)\\(\\d+\\)|(TIME|TIMESTAMP_NTZ|TIMESTAMP_TZ)\\([6-9]\\)");

    private static final Set<Kind> EXACT = EnumSet.of(Kind.INTEGER, Kind.DECIMAL);

    private static final Set<Kind> DAYS = EnumSet.of(Kind.DATE, Kind.TIMESTAMP);

    private static final String DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
    private static final String TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?";

    private SnowflakeTypes() {}

    static String name(ColumnType type) {
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

    /** The type of a column as {@code DESCRIBE TABLE} names it, or null if it is none of those above. */
    static ColumnType type(String name) {
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
        for (Kind kind : Kind.values()) {
            if (kind != Kind.DECIMAL && name(ColumnType.of(kind)).equals(plain)) {
                return ColumnType.of(kind);
            }
        }
        return null;
    }

    /** A staged value in the type of a column; staged JSON is text until then. */
    static String cast(String expression, ColumnType from, ColumnType to) {
        if (to.kind() == Kind.JSON) {
            return "PARSE_JSON(" + expression + ")";
        } else if (from.equals(to) || from.kind() == Kind.JSON) {
            return expression;
        } else if (to.kind() != Kind.TEXT) {
            return "CAST(" + expression + " AS " + name(to) + ")";
        }
        return text(expression, from);
    }

    /** A value as {@link dev.caravan.warehouse.Values#text} writes it. */
    private static String text(String expression, ColumnType from) {
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

    /** A number or time without the zeros at the end of its fraction. */
    private static String shortest(String text) {
        return "RTRIM(RTRIM(" + text + ", '0'), '.')";
    }

    /** The value of a table's column in another type. */
    static String castStored(String column, ColumnType from, ColumnType to) {
        return from.kind() == Kind.JSON ? "TO_JSON(" + column + ")" : cast(column, from, to);
    }

    /** TRY_CAST takes text only, so that of numbers it is asked whether they come back the same, where no cast can fail. */
    static String fits(String expression, ColumnType from, ColumnType to) {
        if (from.equals(to) || to.kind() == Kind.TEXT) {
            return "TRUE";
        } else if (from.kind() == Kind.TEXT) {
            String written = written(to.kind());
            return written == null
                    ? null
                    : "REGEXP_LIKE(" + expression + ", '" + written + "') AND TRY_CAST(" + expression + " AS "
                            + name(to) + ") IS NOT NULL";
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

    /** See {@link dev.caravan.warehouse.Database#converts}. */
    static String converts(String expression, ColumnType from, ColumnType to) {
        if (DAYS.contains(from.kind()) && to.kind() == Kind.TIMESTAMP_TZ) {
            return "TRUE"; // the zone of all sessions is UTC
        } else if (from.kind() != Kind.TEXT) {
            return fits(expression, from, to);
        }
        String cast = "TRY_CAST(" + expression + " AS " + name(to) + ")";
        return switch (to.kind()) {
            case BOOLEAN -> expression + " IN ('true', 'false')";
            case INTEGER, DECIMAL ->
                "REGEXP_LIKE(" + expression + ", '[+-]?[0-9]+([.][0-9]{0," + to.scale() + "}0*)?') AND " + cast
                        + " IS NOT NULL";
            case DOUBLE -> text(cast, to) + " = " + expression;
            default -> fits(expression, from, to);
        };
    }

    /** Whether a value comes back the same; if it has more digits it does not, and no cast is tried. */
    private static String returns(String expression, ColumnType from, ColumnType to, int digits) {
        int castable = Math.min(digits, ColumnType.MAX_PRECISION - 1 - Math.max(from.scale(), to.scale()));
        return "CASE WHEN ABS(" + expression + ") < " + power(castable) + " THEN CAST(CAST(" + expression + " AS "
                + name(roomy(to)) + ") AS " + name(roomy(from)) + ") = " + expression + " ELSE FALSE END";
    }

    /** With as many digits as there can be, so that rounding up does not overflow. */
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

    /** How a time is written that loses nothing when it is parsed. */
    private static String written(Kind kind) {
        return switch (kind) {
            case DATE -> DATE;
            case TIME -> TIME;
            case TIMESTAMP -> DATE + "[T ]" + TIME;
            case TIMESTAMP_TZ -> DATE + "[T ]" + TIME + "(Z|[+-][0-9]{2}:[0-9]{2})";
            default -> null;
        };
    }
}
