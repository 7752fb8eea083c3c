package dev.caravan.data;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;

/**
 * The values of one column in a {@link ColumnBatch}. Numbers, times and text are kept without an object for each value. The
 * arrays can be longer than the batch; they belong to the batch and do not change.
 */
@SuppressWarnings("ArrayRecordComponent") // vectors are never compared as wholes
public sealed interface ColumnVector {

    /** Returns the type of all values. */
    ColumnType type();

    /** Returns whether a row has NULL. */
    boolean isNull(int row);

    /** Returns a value in the Java type of its {@link ColumnType.Kind}, or null. */
    Object get(int row);

    /**
     * Whole numbers. By kind: BOOLEAN 0 or 1; INTEGER; DECIMAL of up to 18 digits, unscaled, with the scale of the type; DATE
     * days since 1970-01-01; TIME microseconds since midnight; TIMESTAMP and TIMESTAMP_TZ microseconds since
     * 1970-01-01T00:00:00Z.
     *
     * @param nulls whether a row has NULL; null if none has
     */
    record Longs(ColumnType type, long[] values, boolean[] nulls) implements ColumnVector {

        private static final long MICROS_PER_SECOND = 1_000_000;

        @Override
        public boolean isNull(int row) {
            return nulls != null && nulls[row];
        }

        @Override
        public Object get(int row) {
            if (isNull(row)) {
                return null;
            }
            long value = values[row];
            return switch (type.kind()) {
                case BOOLEAN -> value != 0;
                case INTEGER -> value;
                case DECIMAL -> BigDecimal.valueOf(value, type.scale());
                case DATE -> LocalDate.ofEpochDay(value);
                case TIME -> LocalTime.ofNanoOfDay(value * 1_000);
                case TIMESTAMP -> time(value);
                case TIMESTAMP_TZ -> OffsetDateTime.of(time(value), ZoneOffset.UTC);
                default -> throw new IllegalStateException(type + " is not kept as a whole number");
            };
        }

        private static LocalDateTime time(long micros) {
            return LocalDateTime.ofEpochSecond(
                    Math.floorDiv(micros, MICROS_PER_SECOND),
                    (int) Math.floorMod(micros, MICROS_PER_SECOND) * 1_000,
                    ZoneOffset.UTC);
        }
    }

    /**
     * DOUBLE.
     *
     * @param nulls whether a row has NULL; null if none has
     */
    record Doubles(ColumnType type, double[] values, boolean[] nulls) implements ColumnVector {

        @Override
        public boolean isNull(int row) {
            return nulls != null && nulls[row];
        }

        @Override
        public Object get(int row) {
            return isNull(row) ? null : (Object) values[row];
        }
    }

    /**
     * TEXT and JSON as well-formed UTF-8, and BINARY: all values one after another.
     *
     * @param ends where the value of each row ends in {@code bytes}; it begins where the one before ends
     * @param nulls whether a row has NULL; null if none has
     */
    record Bytes(ColumnType type, byte[] bytes, int[] ends, boolean[] nulls) implements ColumnVector {

        @Override
        public boolean isNull(int row) {
            return nulls != null && nulls[row];
        }

        /** Returns where the value of a row begins. */
        public int begin(int row) {
            return row == 0 ? 0 : ends[row - 1];
        }

        @Override
        public Object get(int row) {
            if (isNull(row)) {
                return null;
            }
            int begin = begin(row);
            return type.kind() == ColumnType.Kind.BINARY
                    ? Arrays.copyOfRange(bytes, begin, ends[row])
                    : new String(bytes, begin, ends[row] - begin, StandardCharsets.UTF_8);
        }
    }

    /** Values of any kind as objects, with null for NULL. */
    record Objects(ColumnType type, Object[] values) implements ColumnVector {

        @Override
        public boolean isNull(int row) {
            return values[row] == null;
        }

        @Override
        public Object get(int row) {
            return values[row];
        }
    }
}
