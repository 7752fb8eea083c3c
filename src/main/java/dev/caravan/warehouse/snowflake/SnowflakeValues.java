package dev.caravan.warehouse.snowflake;

import dev.caravan.data.ColumnVector;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.TextBuffer;
import dev.caravan.warehouse.Values;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;

/**
 * Converts values to the text that is staged, and reads results. Times are text in formats that each session sets: java.sql's
 * types would depend on the zone of this machine, and on the Gregorian calendar.
 */
final class SnowflakeValues {

    /** The session parameters of the formats in which values are written and read. */
    static final Map<String, String> FORMATS = Map.of(
            "DATE_OUTPUT_FORMAT", "YYYY-MM-DD",
            "TIME_OUTPUT_FORMAT", "HH24:MI:SS.FF6",
            "TIMESTAMP_NTZ_OUTPUT_FORMAT", "YYYY-MM-DD\"T\"HH24:MI:SS.FF6",
            "TIMESTAMP_LTZ_OUTPUT_FORMAT", "YYYY-MM-DD\"T\"HH24:MI:SS.FF6TZH:TZM",
            "TIMESTAMP_TZ_OUTPUT_FORMAT", "YYYY-MM-DD\"T\"HH24:MI:SS.FF6TZH:TZM",
            "BINARY_OUTPUT_FORMAT", "HEX",
            "DATE_INPUT_FORMAT", "AUTO",
            "TIME_INPUT_FORMAT", "AUTO",
            "TIMESTAMP_INPUT_FORMAT", "AUTO",
            "JSON_INDENT", "0");

    private SnowflakeValues() {}

    /** Writes a canonical value as text that Snowflake reads without loss. */
    static String text(Object value) {
        requireInRange(value);
        return Values.text(value);
    }

    /** Refuses a date or time that Snowflake does not have. */
    static void requireInRange(ColumnVector column, int row) {
        if (column instanceof ColumnVector.Objects objects) {
            requireInRange(objects.values()[row]);
        } else if (column instanceof ColumnVector.Longs longs) {
            long value = longs.values()[row];
            switch (longs.type().kind()) {
                case DATE -> requireInRange(value);
                case TIMESTAMP, TIMESTAMP_TZ -> requireInRange(Math.floorDiv(value, TextBuffer.MICROS_PER_DAY));
                default -> {}
            }
        }
    }

    private static void requireInRange(Object value) {
        if (value instanceof LocalDate date) {
            requireInRange(date.toEpochDay());
        } else if (value instanceof LocalDateTime time) {
            requireInRange(time.toLocalDate().toEpochDay());
        } else if (value instanceof OffsetDateTime moment) {
            requireInRange(
                    moment.withOffsetSameInstant(ZoneOffset.UTC).toLocalDate().toEpochDay());
        }
    }

    private static void requireInRange(long day) {
        if (day < TextBuffer.FIRST_DAY || day > TextBuffer.LAST_DAY) {
            throw new PermanentException("The date or time " + LocalDate.ofEpochDay(day)
                    + " is out of Snowflake's range, the years 1 to 9999");
        }
    }

    /** Reads a date from the days since 1970 in the result; as text the driver gets those of 1582 wrong. */
    static LocalDate date(ResultSet row, int index) throws SQLException {
        long days = row.getLong(index);
        return row.wasNull() ? null : LocalDate.ofEpochDay(days);
    }

    static LocalTime time(ResultSet row, int index) throws SQLException {
        String text = row.getString(index);
        return text == null ? null : LocalTime.parse(text);
    }

    static LocalDateTime timestamp(ResultSet row, int index) throws SQLException {
        String text = row.getString(index);
        return text == null ? null : LocalDateTime.parse(text);
    }

    /** Reads a time with a zone, in UTC. */
    static OffsetDateTime moment(ResultSet row, int index) throws SQLException {
        String text = row.getString(index);
        return text == null ? null : OffsetDateTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC);
    }

    /** Reads a whole number; as a Long if that holds it. */
    static Number whole(ResultSet row, int index) throws SQLException {
        BigDecimal number = row.getBigDecimal(index);
        return number == null
                ? null
                : number.toBigInteger().bitLength() < Long.SIZE ? (Number) number.longValue() : number;
    }
}
