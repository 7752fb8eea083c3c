package dev.caravan.warehouse.duckdb;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The types of DuckDB, and how values get from one to the other. */
final class DuckDbTypes {

    private static final Pattern DECIMAL = Pattern.compile("DECIMAL\\((\\d+),(\\d+)\\)");
    private static final Set<Kind> NUMBERS = EnumSet.of(Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE);
    private static final Set<Kind> DAYS = EnumSet.of(Kind.DATE, Kind.TIMESTAMP);

    private static final String DATE = "\\d{4}-\\d{2}-\\d{2}";
    private static final String TIME = "\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,6})?";

    private DuckDbTypes() {}

    static String name(ColumnType type) {
        return switch (type.kind()) {
            case BOOLEAN -> "BOOLEAN";
            case INTEGER -> "BIGINT";
            case DECIMAL -> "DECIMAL(" + type.precision() + "," + type.scale() + ")";
            case DOUBLE -> "DOUBLE";
            case DATE -> "DATE";
            case TIME -> "TIME";
            case TIMESTAMP -> "TIMESTAMP";
            case TIMESTAMP_TZ -> "TIMESTAMP WITH TIME ZONE";
            case TEXT -> "VARCHAR";
            case BINARY -> "BLOB";
            case JSON -> "JSON";
        };
    }

    /** The type of a name, or null if it is none of those above. */
    static ColumnType type(String name) {
        Matcher decimal = DECIMAL.matcher(name);
        if (decimal.matches()) {
            return ColumnType.decimal(Integer.parseInt(decimal.group(1)), Integer.parseInt(decimal.group(2)));
        }
        for (Kind kind : Kind.values()) {
            if (name(ColumnType.of(kind)).equals(name)) {
                return ColumnType.of(kind);
            }
        }
        return null;
    }

    static String cast(String expression, ColumnType from, ColumnType to) {
        if (from.equals(to)) {
            return expression;
        }
        return to.kind() == Kind.TEXT ? text(expression, from) : "CAST(" + expression + " AS " + name(to) + ")";
    }

    /** A value as {@link dev.caravan.warehouse.Values#text} writes it. */
    private static String text(String expression, ColumnType from) {
        String text = "CAST(" + expression + " AS VARCHAR)";
        return switch (from.kind()) {
            case DECIMAL -> {
                String shortest = from.scale() == 0 ? text : "rtrim(rtrim(" + text + ", '0'), '.')";
                // one that has no digits before the point is written without a zero there
                yield from.scale() < from.precision()
                        ? shortest
                        : "regexp_replace(" + shortest + ", '^(-?)(\\.|$)', '\\10\\2')";
            }
            case DOUBLE -> "regexp_replace(" + text + ", '\\.0$', '')";
            case TIMESTAMP_TZ -> text + " || ':00'"; // the zone of all connections is UTC
            case BINARY -> "lower(hex(" + expression + "))";
            default -> text;
        };
    }

    static String fits(String expression, ColumnType from, ColumnType to) {
        if (to.kind() == Kind.TEXT) {
            return "TRUE";
        } else if ((NUMBERS.contains(from.kind()) && NUMBERS.contains(to.kind()))
                || (DAYS.contains(from.kind()) && DAYS.contains(to.kind()))) {
            return "TRY_CAST(TRY_CAST(" + expression + " AS " + name(to) + ") AS " + name(from) + ") = " + expression;
        } else if (from.kind() == Kind.TEXT) {
            String written = written(to.kind());
            return written == null
                    ? null
                    : "regexp_full_match(" + expression + ", '" + written + "') AND TRY_CAST(" + expression + " AS "
                            + name(to) + ") IS NOT NULL";
        }
        return null;
    }

    /** See {@link dev.caravan.warehouse.Database#converts}. */
    static String converts(String expression, ColumnType from, ColumnType to) {
        if (DAYS.contains(from.kind()) && to.kind() == Kind.TIMESTAMP_TZ) {
            return "TRUE";
        } else if (from.kind() != Kind.TEXT) {
            return fits(expression, from, to);
        }
        String cast = "TRY_CAST(" + expression + " AS " + name(to) + ")";
        return switch (to.kind()) {
            case BOOLEAN -> expression + " IN ('true', 'false')";
            case INTEGER, DECIMAL ->
                "regexp_full_match(" + expression + ", '[+-]?\\d+(\\.\\d{0," + to.scale() + "}0*)?') AND " + cast
                        + " IS NOT NULL";
            case DOUBLE -> text(cast, to) + " = " + expression;
            default -> fits(expression, from, to);
        };
    }

    /** How a time is written that loses nothing when it is parsed. */
    private static String written(Kind kind) {
        return switch (kind) {
            case DATE -> DATE;
            case TIME -> TIME;
            case TIMESTAMP -> DATE + "[T ]" + TIME;
            case TIMESTAMP_TZ -> DATE + "[T ]" + TIME + "(Z|[+-]\\d{2}(:?\\d{2})?)";
            default -> null;
        };
    }
}
