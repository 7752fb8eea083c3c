package dev.caravan.warehouse;

import static java.time.format.DateTimeFormatter.ISO_LOCAL_DATE_TIME;
import static java.time.format.DateTimeFormatter.ISO_OFFSET_DATE_TIME;

import dev.caravan.data.ColumnType.Kind;
import dev.caravan.run.PermanentException;
import dev.caravan.run.UsageException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.time.temporal.Temporal;
import java.util.Arrays;
import org.apache.camel.util.TimeUtils;

/**
 * The position up to which a table has been loaded: the greatest value of one of its columns.
 *
 * @param column the column
 * @param kind the kind of its values
 * @param value the value, of the Java type of its kind; never null
 */
public record Cursor(String column, Kind kind, Object value) {

    /** The zone that is ahead of all others. */
    private static final ZoneOffset FOREMOST = ZoneOffset.ofHours(14);
    /** The largest difference between clocks that is tolerated. */
    private static final Duration TOLERANCE = Duration.ofMinutes(10);

    /** Parses the text of a cursor. */
    public static Cursor parse(String column, Kind kind, String text) {
        Object value =
                switch (kind) {
                    case INTEGER -> Long.valueOf(text);
                    case DECIMAL -> new BigDecimal(text);
                    case DOUBLE -> Double.valueOf(text);
                    case DATE -> LocalDate.parse(text);
                    case TIMESTAMP -> LocalDateTime.parse(text);
                    case TIMESTAMP_TZ -> OffsetDateTime.parse(text);
                    case TEXT -> text;
                    default -> throw unfit(column, kind);
                };
        return new Cursor(column, kind, value);
    }

    private static PermanentException unfit(String column, Kind kind) {
        return new PermanentException(
                "Column " + column + " is " + kind + ", which cannot be a cursor; name a number, a time or a text");
    }

    /** Parses a value that a user has set for a cursor of unknown type. */
    static Object guess(String text) {
        try {
            if (text.matches("[+-]?\\d{1,18}")) {
                return Long.valueOf(text);
            } else if (text.matches("[+-]?\\d+(\\.\\d+)?")) {
                return new BigDecimal(text);
            } else if (text.matches("\\d{4}-\\d\\d-\\d\\d")) {
                return LocalDate.parse(text);
            } else if (text.matches("\\d{4}-\\d\\d-\\d\\d[T ][\\d:.]+")) {
                return LocalDateTime.parse(text.replace(' ', 'T'));
            } else if (text.matches("\\d{4}-\\d\\d-\\d\\d[T ].*(Z|[+-]\\d\\d:\\d\\d)")) {
                return OffsetDateTime.parse(text.replace(' ', 'T'));
            }
            return text;
        } catch (DateTimeParseException e) {
            throw new UsageException("initialValue is not a valid time: " + text, e);
        }
    }

    /** Returns the text that is stored. */
    public String text() {
        return value instanceof BigDecimal decimal ? decimal.toPlainString() : text(value);
    }

    /** Writes a value as text; times as in RFC 3339, with seconds even if they are zero. */
    static String text(Object value) {
        if (value instanceof LocalDateTime time) {
            return ISO_LOCAL_DATE_TIME.format(time);
        }
        return value instanceof OffsetDateTime time ? ISO_OFFSET_DATE_TIME.format(time) : value.toString();
    }

    /**
     * Returns the greatest value that is not in the future. A time without a zone can be in any zone: it is compared with the
     * zone that is ahead of all others.
     *
     * @return null if values of that kind are not times
     */
    static Object present(Kind kind, Instant now) {
        Instant tolerated = now.plus(TOLERANCE);
        return switch (kind) {
            case TIMESTAMP_TZ -> tolerated.atOffset(ZoneOffset.UTC);
            case TIMESTAMP -> LocalDateTime.ofInstant(tolerated, FOREMOST);
            case DATE -> LocalDate.ofInstant(tolerated, FOREMOST);
            default -> null;
        };
    }

    /** Returns whether the cursor is a time, or a text that spells one, in the future. */
    public boolean isInFuture(Instant now) {
        Object time = kind == Kind.TEXT ? time(text()) : value;
        Object present = time instanceof Temporal ? present(Types.kindOf(time), now) : null;
        return present != null && compare(time, present) > 0;
    }

    private static Object time(String text) {
        try {
            return guess(text);
        } catch (UsageException e) {
            return null;
        }
    }

    /** Returns the greater of this cursor and another one. */
    Cursor max(Cursor other) {
        Integer order = compare(value, other.value);
        if (order == null) {
            throw new PermanentException("The cursor " + column + " was " + other.text() + " and is now " + text()
                    + ", which cannot be compared; delete the cursor by caravan reset, or load the table again with"
                    + " mode=replace");
        }
        return order >= 0 ? this : other;
    }

    /** Returns the value moved back by the lag, but not below the first value unless that is null. Text stays text. */
    Object behind(String lag, Object first) {
        Object back = notBelow(first, minus(lag));
        return kind == Kind.TEXT ? text(back) : back;
    }

    private Object notBelow(Object first, Object back) {
        if (first == null) {
            return back;
        }
        Integer order = compare(back, first);
        if (order == null) {
            throw new UsageException("initialValue=" + first + " does not match the cursor " + column + ", which is "
                    + kind + " and at " + text());
        }
        return order < 0 ? first : back;
    }

    private Object minus(String lag) {
        try {
            Object value = kind == Kind.TEXT ? moment() : this.value;
            if (value instanceof Long number) {
                return Math.subtractExact(number, Long.parseLong(lag));
            } else if (value instanceof BigDecimal number) {
                return number.subtract(new BigDecimal(lag));
            } else if (value instanceof Double number) {
                return number - Double.parseDouble(lag);
            } else if (value instanceof LocalDate date) {
                return date.minusDays(lag.matches("\\d+") ? Long.parseLong(lag) : wholeDays(duration(lag)));
            } else if (value instanceof LocalDateTime time) {
                return time.minus(duration(lag));
            } else if (value instanceof OffsetDateTime time) {
                return time.minus(duration(lag));
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new UsageException("lag=" + lag + " does not match the cursor " + column + ", which is " + kind
                    + ": times take a duration such as 15m, dates a number of days, numbers a number");
        }
        throw new UsageException(
                "The cursor " + column + " is text, at " + text() + ": the option lag needs a number, a time,"
                        + " or text that is a time in UTC such as 2026-11-27T10:00:00Z. If its values are times, set type."
                        + column
                        + " of the load to TIMESTAMP_TZ or TIMESTAMP, and load the table again, after caravan reset TABLE --drop");
    }

    /** Returns a text's time in UTC, in which the order of texts is that of times, otherwise the text. */
    private Object moment() {
        Object time = text().matches("\\d{4}-\\d\\d-\\d\\dT.*Z") ? time(text()) : null;
        return time instanceof OffsetDateTime ? time : value;
    }

    private static Duration duration(String lag) {
        if (lag.matches("\\d+")) {
            throw new IllegalArgumentException("no unit");
        }
        return Duration.ofMillis(TimeUtils.toMilliSeconds(lag));
    }

    private static long wholeDays(Duration duration) {
        if (!duration.equals(Duration.ofDays(duration.toDays()))) {
            throw new IllegalArgumentException("not whole days");
        }
        return duration.toDays();
    }

    /** Compares two values as a {@link java.util.Comparator} does; null if they cannot be compared. */
    private static Integer compare(Object a, Object b) {
        if (a instanceof Number && b instanceof Number) {
            return new BigDecimal(a.toString()).compareTo(new BigDecimal(b.toString()));
        } else if (a instanceof OffsetDateTime x && b instanceof OffsetDateTime y) {
            return x.toInstant().compareTo(y.toInstant());
        } else if (a instanceof String x && b instanceof String y) {
            // as databases compare text, which is not Java's order
            return Arrays.compareUnsigned(x.getBytes(StandardCharsets.UTF_8), y.getBytes(StandardCharsets.UTF_8));
        }
        Object x = wallClock(a);
        Object y = wallClock(b);
        return x instanceof LocalDateTime p && y instanceof LocalDateTime q ? (Integer) p.compareTo(q) : null;
    }

    private static Object wallClock(Object value) {
        if (value instanceof OffsetDateTime moment) {
            return moment.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime();
        }
        return value instanceof LocalDate date ? date.atStartOfDay() : value;
    }
}
