package dev.caravan.warehouse.snowflake;

import dev.caravan.run.PermanentException;
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
 * Values on their way into Snowflake, as the text that is staged, and out of it. Times travel as text in formats that each
 * session sets: through java.sql's types they would depend on this machine's zone, and on the calendar of Pope Gregory.
 */
final class SnowflakeValues {

    /** The parameters of a session that fix how values are written and read. */
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

    /** A canonical value as text that Snowflake reads without loss, and keeps as it is in a column of text. */
    static String text(Object value) {
        if (value instanceof LocalDate date) {
            near(date);
        } else if (value instanceof LocalDateTime time) {
            near(time.toLocalDate());
        } else if (value instanceof OffsetDateTime moment) {
            near(moment.withOffsetSameInstant(ZoneOffset.UTC).toLocalDate());
        }
        return Values.text(value);
    }

    private static void near(LocalDate date) {
        if (date.getYear() < 1 || date.getYear() > 9999) {
            throw new PermanentException(
                    "A date or time is further away than Snowflake can count: " + date + "; its years are 1 to 9999");
        }
    }

    /** A date, which a result of JSON has as the number of days since 1970; as text the driver gets those of 1582 wrong. */
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

    /** A moment, in UTC. */
    static OffsetDateTime moment(ResultSet row, int index) throws SQLException {
        String text = row.getString(index);
        return text == null ? null : OffsetDateTime.parse(text).withOffsetSameInstant(ZoneOffset.UTC);
    }

    /** A whole number as Long if it is one. */
    static Number whole(ResultSet row, int index) throws SQLException {
        BigDecimal number = row.getBigDecimal(index);
        return number == null
                ? null
                : number.toBigInteger().bitLength() < Long.SIZE ? (Number) number.longValue() : number;
    }
}
