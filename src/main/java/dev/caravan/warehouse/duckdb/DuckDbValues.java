package dev.caravan.warehouse.duckdb;

import dev.caravan.data.ColumnType;
import dev.caravan.warehouse.Values;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import org.duckdb.DuckDBAppender;

/** Appends values to a DuckDB table. */
final class DuckDbValues {

    private static final int FIXED = 8;
    private static final long MICROS_PER_DAY = 86_400_000_000L;

    private DuckDbValues() {}

    /** Appends a value, and returns its approximate size in bytes. */
    static long append(DuckDBAppender appender, Object value, ColumnType type) throws SQLException {
        Object wide = Values.widen(value, type);
        switch (type.kind()) {
            case BOOLEAN -> appender.append((boolean) wide);
            case INTEGER -> appender.append((long) wide);
            case DECIMAL -> decimal(appender, (BigDecimal) wide, type);
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

    private static void decimal(DuckDBAppender appender, BigDecimal value, ColumnType type) throws SQLException {
        appender.append(value.setScale(type.scale()));
    }
}
