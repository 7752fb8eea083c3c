package dev.caravan.warehouse;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.NumberOutput;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.format.SignStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAccessor;
import java.util.Calendar;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;

/**
 * Converts the values of a source to one Java type per kind of column: Boolean,
 * Long, BigDecimal, Double, LocalDate, LocalTime, LocalDateTime, OffsetDateTime, String, byte[] or {@link Json}.
 */
public final class Values {

    /** ISO, with a {@code T} or a space in the middle; without an offset it is UTC. */
    private static final DateTimeFormatter MOMENT = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendPattern("['T'][' ']")
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .optionalStart()
            .parseLenient()
            .appendOffset("+HH:mm:ss", "Z")
            .optionalEnd()
            .parseDefaulting(ChronoField.OFFSET_SECONDS, 0)
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);

    private static final DateTimeFormatter DAY = new DateTimeFormatterBuilder()
            .appendValue(ChronoField.YEAR_OF_ERA, 4, 10, SignStyle.NOT_NEGATIVE)
            .appendPattern("-MM-dd")
            .toFormatter(Locale.ROOT);

    private static final DateTimeFormatter CLOCK = new DateTimeFormatterBuilder()
            .appendPattern("HH:mm:ss")
            .appendFraction(ChronoField.MICRO_OF_SECOND, 0, 6, true)
            .toFormatter(Locale.ROOT);

    private Values() {}

    /** Returns the canonical form of a value. */
    static Object canonical(Object value) {
        if (value instanceof String
                || value instanceof Long
                || value instanceof Double
                || value instanceof Boolean
                || value instanceof LocalDate
                || value instanceof byte[]
                || value instanceof Json) {
            return value;
        } else if (value instanceof BigDecimal decimal) {
            return fitting(decimal);
        } else if (value instanceof Number number) {
            return number(number);
        } else if (value instanceof TemporalAccessor || value instanceof java.util.Date || value instanceof Calendar) {
            return time(value);
        } else if (value instanceof JsonNode node) {
            return json(node);
        } else if (value instanceof Map || value instanceof Collection || value instanceof Object[]) {
            return new Json(JsonRows.write(value));
        } else if (value instanceof java.sql.Array array) {
            return array(array);
        } else if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return bytes;
        } else if (value instanceof Enum<?> constant) {
            return constant.name();
        } else if (value.getClass().isArray()) {
            return new Json(JsonRows.write(value));
        }
        return value.toString();
    }

    /** Replaces each single half of a surrogate pair by U+FFFD; returns the same object if there is none. */
    static String wellFormed(String text) {
        StringBuilder repaired = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                continue;
            }
            if (repaired == null) {
                repaired = new StringBuilder(text);
            }
            repaired.setCharAt(i, '\uFFFD');
        }
        return repaired == null ? text : repaired.toString();
    }

    private static Object number(Number number) {
        if (number instanceof Float) {
            return number.doubleValue();
        } else if (number instanceof BigInteger integer) {
            return integer.bitLength() < Long.SIZE ? (Object) integer.longValue() : fitting(new BigDecimal(integer));
        }
        return number.longValue();
    }

    /** Decimals keep all their digits; those that no decimal type holds are text. */
    private static Object fitting(BigDecimal decimal) {
        return Types.of(decimal).kind() == Kind.TEXT ? decimal.toPlainString() : decimal;
    }

    private static Object time(Object value) {
        if (value instanceof LocalDateTime time) {
            return isMicros(time.toLocalTime()) ? time : time.truncatedTo(ChronoUnit.MICROS);
        } else if (value instanceof OffsetDateTime time) {
            return isMicros(time.toLocalTime()) ? time : time.truncatedTo(ChronoUnit.MICROS);
        } else if (value instanceof LocalTime time) {
            return time.truncatedTo(ChronoUnit.MICROS);
        } else if (value instanceof java.sql.Timestamp timestamp) {
            return timestamp.toLocalDateTime().truncatedTo(ChronoUnit.MICROS);
        } else if (value instanceof java.sql.Date date) {
            return date.toLocalDate();
        } else if (value instanceof java.sql.Time time) {
            return time.toLocalTime();
        } else if (value instanceof ZonedDateTime time) {
            return time.toOffsetDateTime().truncatedTo(ChronoUnit.MICROS);
        } else if (value instanceof Instant instant) {
            return moment(instant);
        } else if (value instanceof java.util.Date date) {
            return moment(date.toInstant());
        } else if (value instanceof Calendar calendar) {
            return moment(calendar.toInstant());
        }
        return value.toString();
    }

    /** Returns whether a time has no digits below a microsecond. */
    static boolean isMicros(LocalTime time) {
        return time.get(ChronoField.MICRO_OF_SECOND) * 1_000 == time.get(ChronoField.NANO_OF_SECOND);
    }

    private static OffsetDateTime moment(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC).truncatedTo(ChronoUnit.MICROS);
    }

    private static Object json(JsonNode node) {
        if (node.isContainerNode()) {
            return new Json(JsonRows.write(node));
        } else if (node.isNull() || node.isMissingNode()) {
            return null;
        } else if (node.isTextual()) {
            return node.textValue();
        } else if (node.isBoolean()) {
            return node.booleanValue();
        } else if (node.isBinary()) {
            return canonical(ByteBuffer.wrap(((BinaryNode) node).binaryValue()));
        } else if (node.isNumber()) {
            return canonical(node.numberValue());
        }
        return node.asText();
    }

    private static Json array(java.sql.Array array) {
        try {
            return new Json(JsonRows.write(array.getArray()));
        } catch (SQLException e) {
            throw new IllegalArgumentException("Cannot read an SQL array: " + e.getMessage(), e);
        }
    }

    /** Converts a canonical value to a wider type, without loss. */
    public static Object widen(Object value, ColumnType type) {
        return switch (type.kind()) {
            case TEXT -> text(value);
            case DOUBLE -> value instanceof Double ? value : Double.valueOf(((Number) value).doubleValue());
            case DECIMAL -> value instanceof Long integer ? BigDecimal.valueOf(integer) : value;
            case TIMESTAMP -> value instanceof LocalDate date ? date.atStartOfDay() : value;
            default -> value;
        };
    }

    /**
     * Writes a canonical value as text. {@link Dialect#text} writes the same in SQL when a column becomes text, so that keys
     * stay equal.
     */
    public static String text(Object value) {
        if (value instanceof String text) {
            return text;
        } else if (value instanceof BigDecimal decimal) {
            return decimal.stripTrailingZeros().toPlainString();
        } else if (value instanceof Double number) {
            return text((double) number);
        } else if (value instanceof LocalDate date) {
            return date.getYear() > 0 ? DAY.format(date) : DAY.format(date) + " (BC)";
        } else if (value instanceof LocalTime time) {
            return CLOCK.format(time);
        } else if (value instanceof LocalDateTime time) {
            return text(time.toLocalDate()) + " " + text(time.toLocalTime());
        } else if (value instanceof OffsetDateTime moment) {
            return text(moment.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime()) + "+00:00";
        } else if (value instanceof byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }
        return value.toString();
    }

    /** Writes the shortest digits that identify the number, with an exponent only if it is huge or tiny. */
    static String text(double number) {
        if (!Double.isFinite(number)) {
            return Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        }
        String text = NumberOutput.toString(number, true);
        if (text.indexOf('E') < 0) {
            return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
        }
        BigDecimal decimal = new BigDecimal(text).stripTrailingZeros();
        int exponent = decimal.precision() - decimal.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            return decimal.toPlainString();
        }
        String digits = decimal.movePointLeft(exponent).toPlainString();
        return digits + (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    /**
     * Converts a canonical value to the type that the user has set for its column.
     *
     * @throws RuntimeException if the value does not fit without loss
     */
    static Object coerce(Object value, ColumnType type) {
        return switch (type.kind()) {
            case BOOLEAN -> toBoolean(value);
            case INTEGER -> Long.valueOf(toDecimal(value).longValueExact());
            case DECIMAL -> toDecimal(value, type);
            case DOUBLE -> toDouble(value, type);
            case DATE -> toDate(value);
            case TIME -> value instanceof String text ? canonical(LocalTime.parse(text.trim())) : (LocalTime) value;
            case TIMESTAMP -> toTimestamp(value);
            case TIMESTAMP_TZ -> toMoment(value);
            case BINARY -> (byte[]) value;
            case JSON -> toJson(value);
            case TEXT -> text(value);
        };
    }

    private static BigDecimal toDecimal(Object value, ColumnType type) {
        BigDecimal decimal = toDecimal(value);
        if (decimal.signum() == 0) {
            return BigDecimal.ZERO.setScale(type.scale());
        }
        // first, because an exponent can stand for more zeros than fit into memory
        if (decimal.precision() - decimal.scale() > type.precision() - type.scale()
                || decimal.scale() - decimal.precision() >= type.scale()) {
            throw new ArithmeticException("Too many digits");
        }
        return decimal.setScale(type.scale(), RoundingMode.UNNECESSARY);
    }

    /** Converts a fraction to the nearest double; a whole number must be exact. */
    private static Double toDouble(Object value, ColumnType type) {
        if (value instanceof String text) {
            return Double.valueOf(text.trim());
        }
        Double number = (Double) widen(value, type);
        boolean whole = value instanceof Long || (value instanceof BigDecimal decimal && decimal.scale() <= 0);
        if (whole && new BigDecimal(number).compareTo(toDecimal(value)) != 0) {
            throw new ArithmeticException("Too many digits");
        }
        return number;
    }

    private static Boolean toBoolean(Object value) {
        if (value instanceof String text) {
            return switch (text.trim().toLowerCase(Locale.ROOT)) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException("Neither true nor false");
            };
        }
        return (Boolean) value;
    }

    private static BigDecimal toDecimal(Object value) {
        if (value instanceof Long integer) {
            return BigDecimal.valueOf(integer);
        } else if (value instanceof Double number) {
            return BigDecimal.valueOf(number);
        } else if (value instanceof String text) {
            return new BigDecimal(text.trim());
        }
        return (BigDecimal) value;
    }

    private static LocalDate toDate(Object value) {
        if (value instanceof LocalDate date) {
            return date;
        } else if (value instanceof String text && text.trim().indexOf(':') < 0) {
            return LocalDate.parse(text.trim());
        }
        LocalDateTime time = toTimestamp(value);
        if (!time.toLocalTime().equals(LocalTime.MIDNIGHT)) {
            throw new IllegalArgumentException("It has a time of day");
        }
        return time.toLocalDate();
    }

    private static LocalDateTime toTimestamp(Object value) {
        return value instanceof LocalDateTime time
                ? time
                : toMoment(value).withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime();
    }

    /** Converts a value to a time with a zone; a time without a zone is UTC. */
    private static OffsetDateTime toMoment(Object value) {
        if (value instanceof OffsetDateTime moment) {
            return moment;
        } else if (value instanceof LocalDateTime time) {
            return time.atOffset(ZoneOffset.UTC);
        } else if (value instanceof LocalDate date) {
            return date.atStartOfDay().atOffset(ZoneOffset.UTC);
        }
        String text = ((String) value).trim();
        if (text.indexOf(':') < 0) {
            return LocalDate.parse(text).atStartOfDay().atOffset(ZoneOffset.UTC);
        }
        return OffsetDateTime.parse(text, MOMENT).truncatedTo(ChronoUnit.MICROS);
    }

    private static Json toJson(Object value) {
        if (value instanceof Json json) {
            return json;
        } else if (value instanceof String text) {
            try {
                JsonRows.MAPPER.readTree(text);
                return new Json(text);
            } catch (JsonProcessingException e) {
                throw new IllegalArgumentException("Invalid JSON", e);
            }
        }
        return new Json(JsonRows.write(value));
    }
}
