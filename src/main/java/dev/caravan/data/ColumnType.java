package dev.caravan.data;

/**
 * The type of a column, independent of the engine.
 *
 * @param kind of the values
 * @param precision total digits; only for {@link Kind#DECIMAL}, else 0
 * @param scale digits after the point; only for {@link Kind#DECIMAL}, else 0
 */
public record ColumnType(Kind kind, int precision, int scale) {

    /** The maximum digits of a decimal in every engine. */
    public static final int MAX_PRECISION = 38;

    /** Kinds of values, each with its Java type in {@link Rows}. */
    public enum Kind {
        /** {@link Boolean}. */
        BOOLEAN,
        /** {@link Long}, or a smaller integer type. */
        INTEGER,
        /** {@link java.math.BigDecimal}. */
        DECIMAL,
        /** {@link Double} or {@link Float}, NaN and the infinities included. */
        DOUBLE,
        /** {@link java.time.LocalDate}. */
        DATE,
        /** {@link java.time.LocalTime}. */
        TIME,
        /** {@link java.time.LocalDateTime}, to the microsecond: a wall clock. */
        TIMESTAMP,
        /** {@link java.time.OffsetDateTime}, to the microsecond: a moment. */
        TIMESTAMP_TZ,
        /** {@link String}. */
        TEXT,
        /** {@code byte[]}. */
        BINARY,
        /** Raw JSON text, as {@link String}; in rows without declared columns a Map, a Collection or a JsonNode. */
        JSON
    }

    /** Returns a type without precision. */
    public static ColumnType of(Kind kind) {
        return new ColumnType(kind, 0, 0);
    }

    /** Returns a decimal type. */
    public static ColumnType decimal(int precision, int scale) {
        return new ColumnType(Kind.DECIMAL, precision, scale);
    }
}
