package dev.caravan.warehouse;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.run.UsageException;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses, derives and joins types: the join of two types holds every value of both without loss. */
final class Types {

    static final ColumnType TEXT = ColumnType.of(Kind.TEXT);
    static final ColumnType INTEGER = ColumnType.of(Kind.INTEGER);
    static final ColumnType DOUBLE = ColumnType.of(Kind.DOUBLE);

    /** The digits of the largest 64-bit integer. */
    private static final int INTEGER_DIGITS = 19;
    /** The decimal digits that survive the conversion to a double and back. */
    private static final int DOUBLE_DIGITS = 15;

    private static final Set<Kind> NUMBERS = Set.of(Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE);
    private static final Set<Kind> TIMES = Set.of(Kind.DATE, Kind.TIME, Kind.TIMESTAMP, Kind.TIMESTAMP_TZ);
    private static final Pattern WRITTEN =
            Pattern.compile("([A-Z_]+)(?:\\(\\s*(\\d{1,2})\\s*(?:,\\s*(\\d{1,2})\\s*)?\\))?");

    private Types() {}

    /** Parses a type such as {@code DATE} or {@code DECIMAL(18,2)}. */
    static ColumnType parse(String text) {
        Matcher matcher = WRITTEN.matcher(text.trim().toUpperCase(Locale.ROOT));
        if (matcher.matches()) {
            try {
                Kind kind = Kind.valueOf(matcher.group(1));
                if (matcher.group(2) == null && kind != Kind.DECIMAL) {
                    return ColumnType.of(kind);
                }
                int precision = Integer.parseInt(matcher.group(2));
                int scale = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
                if (kind == Kind.DECIMAL
                        && precision > 0
                        && precision <= ColumnType.MAX_PRECISION
                        && scale <= precision) {
                    return ColumnType.decimal(precision, scale);
                }
            } catch (IllegalArgumentException unknown) {
                // reported below
            }
        }
        throw new UsageException("Unknown type: " + text
                + "; the types are BOOLEAN, INTEGER, DECIMAL(digits,scale), DOUBLE, DATE, TIME, TIMESTAMP, TIMESTAMP_TZ,"
                + " TEXT, BINARY, JSON");
    }

    /** Returns the narrowest type that holds a value of {@link Values#canonical}. */
    static ColumnType of(Object value) {
        if (value instanceof BigDecimal decimal) {
            int scale = Math.max(decimal.scale(), 0);
            int digits = Math.max(decimal.precision() - decimal.scale(), 0);
            return decimal(digits, scale);
        }
        return ColumnType.of(kindOf(value));
    }

    static Kind kindOf(Object value) {
        if (value instanceof String) {
            return Kind.TEXT;
        } else if (value instanceof Long) {
            return Kind.INTEGER;
        } else if (value instanceof Double) {
            return Kind.DOUBLE;
        } else if (value instanceof LocalDateTime) {
            return Kind.TIMESTAMP;
        } else if (value instanceof Boolean) {
            return Kind.BOOLEAN;
        } else if (value instanceof OffsetDateTime) {
            return Kind.TIMESTAMP_TZ;
        } else if (value instanceof LocalDate) {
            return Kind.DATE;
        } else if (value instanceof LocalTime) {
            return Kind.TIME;
        } else if (value instanceof Json) {
            return Kind.JSON;
        } else if (value instanceof byte[]) {
            return Kind.BINARY;
        }
        throw new IllegalArgumentException("No canonical value: " + value.getClass());
    }

    /** Returns a decimal type with the given digits before and after the point; text if there are too many. */
    private static ColumnType decimal(int digits, int scale) {
        int precision = Math.max(digits, scale < ColumnType.MAX_PRECISION ? 1 : 0) + scale;
        return precision > ColumnType.MAX_PRECISION ? TEXT : ColumnType.decimal(precision, scale);
    }

    /** Returns the join of two types; null stands for an unknown type. */
    static ColumnType join(ColumnType a, ColumnType b) {
        if (a == null || a.equals(b)) {
            return b;
        } else if (b == null) {
            return a;
        } else if (NUMBERS.contains(a.kind()) && NUMBERS.contains(b.kind())) {
            return joinNumbers(a, b);
        } else if (isDay(a) && isDay(b)) {
            return ColumnType.of(Kind.TIMESTAMP);
        }
        return TEXT;
    }

    private static ColumnType joinNumbers(ColumnType a, ColumnType b) {
        if (a.kind() == Kind.DOUBLE || b.kind() == Kind.DOUBLE) {
            ColumnType other = a.kind() == Kind.DOUBLE ? b : a;
            return other.kind() == Kind.DECIMAL && other.precision() > DOUBLE_DIGITS ? TEXT : DOUBLE;
        }
        int scale = Math.max(a.scale(), b.scale());
        return decimal(Math.max(digits(a), digits(b)), scale);
    }

    private static int digits(ColumnType type) {
        return type.kind() == Kind.INTEGER ? INTEGER_DIGITS : type.precision() - type.scale();
    }

    static boolean isNumber(ColumnType type) {
        return NUMBERS.contains(type.kind());
    }

    static boolean isTime(ColumnType type) {
        return TIMES.contains(type.kind());
    }

    /** Returns what a user can set for a column of times that gets other values. */
    static String decision(String column, ColumnType time, ColumnType other) {
        boolean zoned = time.kind() == Kind.TIMESTAMP_TZ || other.kind() == Kind.TIMESTAMP_TZ;
        boolean moments = zoned && (isDay(time) || isDay(other));
        return "Set the option type." + column + ": "
                + (moments ? "TIMESTAMP_TZ takes times without a zone as UTC" : text(time) + " rejects other values")
                + ", TEXT makes the column text";
    }

    static boolean isDay(ColumnType type) {
        return type.kind() == Kind.DATE || type.kind() == Kind.TIMESTAMP;
    }

    /** Returns whether a double holds the integer exactly. */
    static boolean isExactDouble(long value) {
        return value >= -(1L << 53) && value <= 1L << 53;
    }

    /** Writes a type as {@link #parse} reads it. */
    static String text(ColumnType type) {
        return type.kind() == Kind.DECIMAL
                ? "DECIMAL(" + type.precision() + "," + type.scale() + ")"
                : type.kind().toString();
    }
}
