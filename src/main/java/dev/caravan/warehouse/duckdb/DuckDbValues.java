package dev.caravan.warehouse.duckdb;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnVector;
import dev.caravan.warehouse.Values;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.Arrays;
import org.duckdb.DuckDBAppender;

/** Appends the values of a vector to a column of a DuckDB table. */
interface DuckDbValues {

    int FIXED = 8;
    long MICROS_PER_DAY = 86_400_000_000L;

    /** The digits that DuckDB holds in 16 and in 32 bits. */
    int SHORT_DIGITS = 4;

    int INT_DIGITS = 9;

    ColumnVector vector();

    /** Appends a value that is not NULL, and returns its approximate size in bytes. */
    int append(int row) throws SQLException;

    /**
     * Returns the appender of a vector.
     *
     * @param type the column's, which can be wider than that of objects
     */
    static DuckDbValues of(DuckDBAppender appender, ColumnVector vector, ColumnType type) {
        if (vector instanceof ColumnVector.Longs longs) {
            return new Longs(appender, longs, type.precision());
        } else if (vector instanceof ColumnVector.Doubles doubles) {
            return new Doubles(appender, doubles);
        } else if (vector instanceof ColumnVector.Bytes bytes) {
            return new Bytes(appender, bytes);
        }
        return new Objects(appender, vector, type);
    }

    /** Returns a decimal with the scale of its column. */
    static BigDecimal decimal(Object value, ColumnType type) {
        return ((BigDecimal) value).setScale(type.scale());
    }

    /** Whole numbers. */
    record Longs(DuckDBAppender appender, ColumnVector.Longs vector, int precision) implements DuckDbValues {

        @Override
        public int append(int row) throws SQLException {
            long value = vector.values()[row];
            switch (vector.type().kind()) {
                case BOOLEAN -> appender.append(value != 0);
                case INTEGER -> appender.append(value);
                case DECIMAL -> decimal(value);
                case DATE -> appender.appendEpochDays(Math.toIntExact(value));
                case TIME -> appender.appendDayMicros(value);
                case TIMESTAMP, TIMESTAMP_TZ -> appender.appendEpochMicros(value);
                default -> throw new IllegalStateException(vector.type() + " is not kept as a whole number");
            }
            return FIXED;
        }

        private void decimal(long unscaled) throws SQLException {
            if (precision <= SHORT_DIGITS) {
                appender.appendDecimal((short) unscaled);
            } else if (precision <= INT_DIGITS) {
                appender.appendDecimal((int) unscaled);
            } else {
                appender.appendDecimal(unscaled);
            }
        }
    }

    /** Fractions. */
    record Doubles(DuckDBAppender appender, ColumnVector.Doubles vector) implements DuckDbValues {

        @Override
        public int append(int row) throws SQLException {
            appender.append(vector.values()[row]);
            return FIXED;
        }
    }

    /** Text and bytes. */
    record Bytes(DuckDBAppender appender, ColumnVector.Bytes vector) implements DuckDbValues {

        @Override
        public int append(int row) throws SQLException {
            byte[] value = Arrays.copyOfRange(vector.bytes(), vector.begin(row), vector.ends()[row]);
            appender.append(value);
            return value.length;
        }
    }

    /** Objects. */
    record Objects(DuckDBAppender appender, ColumnVector vector, ColumnType type) implements DuckDbValues {

        @Override
        public int append(int row) throws SQLException {
            Object wide = Values.widen(vector.get(row), type);
            switch (type.kind()) {
                case BOOLEAN -> appender.append((boolean) wide);
                case INTEGER -> appender.append((long) wide);
                case DECIMAL -> appender.append(DuckDbValues.decimal(wide, type));
                case DOUBLE -> appender.append((double) wide);
                case DATE -> appender.append((LocalDate) wide);
                case TIME -> appender.append((LocalTime) wide);
                case TIMESTAMP -> appender.appendEpochMicros(micros((LocalDateTime) wide));
                case TIMESTAMP_TZ -> appender.append((OffsetDateTime) wide);
                case BINARY -> {
                    appender.append((byte[]) wide);
                    return ((byte[]) wide).length;
                }
                case TEXT, JSON -> {
                    String text = wide.toString();
                    appender.append(text);
                    return text.length();
                }
            }
            return FIXED;
        }

        private static long micros(LocalDateTime time) {
            return Math.addExact(
                    Math.multiplyExact(time.toLocalDate().toEpochDay(), MICROS_PER_DAY),
                    time.toLocalTime().toNanoOfDay() / 1_000);
        }
    }
}
