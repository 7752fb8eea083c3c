package dev.caravan.source;

import static dev.caravan.data.ColumnType.Kind.BINARY;
import static dev.caravan.data.ColumnType.Kind.BOOLEAN;
import static dev.caravan.data.ColumnType.Kind.DATE;
import static dev.caravan.data.ColumnType.Kind.DOUBLE;
import static dev.caravan.data.ColumnType.Kind.INTEGER;
import static dev.caravan.data.ColumnType.Kind.JSON;
import static dev.caravan.data.ColumnType.Kind.TEXT;
import static dev.caravan.data.ColumnType.Kind.TIME;
import static dev.caravan.data.ColumnType.Kind.TIMESTAMP;
import static dev.caravan.data.ColumnType.Kind.TIMESTAMP_TZ;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one column of a result as the Java type of its {@link ColumnType.Kind}. PostgreSQL's type name decides first,
 * because one JDBC type covers several of its types; then the JDBC type, as for every other database.
 */
final class ColumnReader {

    private static final Logger LOG = LoggerFactory.getLogger(ColumnReader.class);

    static final LocalDate LAST_DATE = LocalDate.of(9999, 12, 31);
    static final LocalDate FIRST_DATE = LocalDate.of(1, 1, 1);
    static final LocalTime LAST_TIME = LocalTime.of(23, 59, 59, 999_999_000);

    /** {@code _int4}, {@code "my schema"."_my type"}. */
    private static final Pattern POSTGRES_ARRAY = Pattern.compile("(.*\\.)?\"?_.*");

    private final Column column;
    private final int index;
    private final Getter getter;

    /** Reads a value of the current row. */
    @FunctionalInterface
    private interface Getter {
        Object get(ResultSet rows, int index) throws SQLException;
    }

    private ColumnReader(String name, ColumnType type, int index, Getter getter) {
        this.column = new Column(name, type);
        this.index = index;
        this.getter = getter;
    }

    /** Returns the reader for a column, counted from 1. */
    static ColumnReader of(ResultSetMetaData metaData, int index) throws SQLException {
        String name = metaData.getColumnLabel(index);
        String typeName = metaData.getColumnTypeName(index).toLowerCase(Locale.ROOT);
        return switch (typeName) {
            case "numeric" -> decimal(name, metaData, index, new NumericGetter(name, scale(metaData, index)));
            case "bool" -> new ColumnReader(name, ColumnType.of(BOOLEAN), index, ColumnReader::bool);
            case "timestamptz" -> new ColumnReader(name, ColumnType.of(TIMESTAMP_TZ), index, ColumnReader::moment);
            case "json", "jsonb" -> new ColumnReader(name, ColumnType.of(JSON), index, ResultSet::getString);
            case "interval" ->
                new ColumnReader(
                        name, ColumnType.of(TEXT), index, (rows, i) -> PostgresText.interval(rows.getString(i)));
            case "timetz" -> new ColumnReader(name, ColumnType.of(TEXT), index, ColumnReader::offsetTime);
            // the driver formats them differently as objects and as text
            case "point", "box" ->
                new ColumnReader(
                        name, ColumnType.of(TEXT), index, (rows, i) -> Objects.toString(rows.getObject(i), null));
            case "money", "bit", "varbit", "uuid" ->
                metaData.getColumnType(index) == Types.BOOLEAN
                        ? byJdbcType(name, metaData, index)
                        : new ColumnReader(name, ColumnType.of(TEXT), index, ResultSet::getString);
            default -> byJdbcType(name, metaData, index);
        };
    }

    private static ColumnReader byJdbcType(String name, ResultSetMetaData metaData, int index) throws SQLException {
        int jdbcType = metaData.getColumnType(index);
        return switch (jdbcType) {
            case Types.TINYINT, Types.SMALLINT, Types.INTEGER ->
                new ColumnReader(name, ColumnType.of(INTEGER), index, ColumnReader::integer);
            case Types.BIGINT ->
                metaData.isSigned(index) || metaData.getColumnTypeName(index).equals("oid")
                        ? new ColumnReader(name, ColumnType.of(INTEGER), index, ColumnReader::integer)
                        : new ColumnReader(name, ColumnType.decimal(20, 0), index, ResultSet::getBigDecimal);
            case Types.NUMERIC, Types.DECIMAL -> decimal(name, metaData, index, ResultSet::getBigDecimal);
            case Types.REAL -> new ColumnReader(name, ColumnType.of(DOUBLE), index, ColumnReader::real);
            case Types.FLOAT, Types.DOUBLE ->
                new ColumnReader(name, ColumnType.of(DOUBLE), index, ColumnReader::doublePrecision);
            case Types.BIT, Types.BOOLEAN -> new ColumnReader(name, ColumnType.of(BOOLEAN), index, ColumnReader::bool);
            case Types.DATE -> new ColumnReader(name, ColumnType.of(DATE), index, ColumnReader::date);
            case Types.TIME -> new ColumnReader(name, ColumnType.of(TIME), index, ColumnReader::time);
            case Types.TIMESTAMP -> new ColumnReader(name, ColumnType.of(TIMESTAMP), index, ColumnReader::wallClock);
            case Types.TIMESTAMP_WITH_TIMEZONE ->
                new ColumnReader(name, ColumnType.of(TIMESTAMP_TZ), index, ColumnReader::moment);
            case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY, Types.BLOB ->
                new ColumnReader(name, ColumnType.of(BINARY), index, ResultSet::getBytes);
            case Types.ARRAY -> array(name, metaData, index);
            default -> new ColumnReader(name, ColumnType.of(TEXT), index, ResultSet::getString);
        };
    }

    private static ColumnReader array(String name, ResultSetMetaData metaData, int index) throws SQLException {
        String type = metaData.getColumnTypeName(index);
        return POSTGRES_ARRAY.matcher(type).matches()
                ? new ColumnReader(
                        name,
                        ColumnType.of(JSON),
                        index,
                        (rows, i) -> PostgresText.arrayToJson(rows.getString(i), type))
                : new ColumnReader(name, ColumnType.of(TEXT), index, ResultSet::getString);
    }

    /**
     * Returns a reader for a decimal of up to 38 digits, or for text if more are declared. Without a declared precision the
     * type is as narrow as possible; the warehouse widens it as the values require.
     */
    private static ColumnReader decimal(String name, ResultSetMetaData metaData, int index, Getter getter)
            throws SQLException {
        int precision = metaData.getPrecision(index);
        int scale = scale(metaData, index);
        if (precision <= 0) {
            return new ColumnReader(name, ColumnType.decimal(1, 0), index, getter);
        }
        // numeric(2, -3) holds 99000, numeric(2, 4) holds 0.0099
        int digits = Math.max(scale < 0 ? precision - scale : precision, scale);
        if (digits > ColumnType.MAX_PRECISION) {
            return new ColumnReader(name, ColumnType.of(TEXT), index, ColumnReader::digits);
        }
        return new ColumnReader(name, ColumnType.decimal(digits, Math.max(scale, 0)), index, getter);
    }

    /** PostgreSQL's scale is a signed 11-bit number, which its driver reads as unsigned. */
    static int scale(ResultSetMetaData metaData, int index) throws SQLException {
        return (metaData.getScale(index) << 21) >> 21;
    }

    Column column() {
        return column;
    }

    Object read(ResultSet rows) throws SQLException {
        return getter.get(rows, index);
    }

    private static Object integer(ResultSet rows, int index) throws SQLException {
        long value = rows.getLong(index);
        return value == 0 && rows.wasNull() ? null : (Object) value;
    }

    private static Object doublePrecision(ResultSet rows, int index) throws SQLException {
        double value = rows.getDouble(index);
        return value == 0 && rows.wasNull() ? null : (Object) value;
    }

    private static Object real(ResultSet rows, int index) throws SQLException {
        float value = rows.getFloat(index);
        return value == 0 && rows.wasNull() ? null : (Object) value;
    }

    private static Object bool(ResultSet rows, int index) throws SQLException {
        boolean value = rows.getBoolean(index);
        return !value && rows.wasNull() ? null : (Object) value;
    }

    /** The driver writes an exponent if the server has sent the number in binary format. */
    private static Object digits(ResultSet rows, int index) throws SQLException {
        String text = rows.getString(index);
        return text == null || text.indexOf('E') < 0 ? text : new BigDecimal(text).toPlainString();
    }

    private static Object offsetTime(ResultSet rows, int index) throws SQLException {
        return Objects.toString(rows.getObject(index, OffsetTime.class), null);
    }

    private static Object date(ResultSet rows, int index) throws SQLException {
        LocalDate value = rows.getObject(index, LocalDate.class);
        if (LocalDate.MAX.equals(value)) {
            return LAST_DATE;
        }
        return LocalDate.MIN.equals(value) ? FIRST_DATE : value;
    }

    private static Object time(ResultSet rows, int index) throws SQLException {
        LocalTime value = rows.getObject(index, LocalTime.class);
        return LocalTime.MAX.equals(value) ? LAST_TIME : value; // 24:00:00
    }

    private static Object wallClock(ResultSet rows, int index) throws SQLException {
        LocalDateTime value = rows.getObject(index, LocalDateTime.class);
        if (LocalDateTime.MAX.equals(value)) {
            return LAST_DATE.atTime(LAST_TIME);
        }
        return LocalDateTime.MIN.equals(value) ? FIRST_DATE.atStartOfDay() : value;
    }

    private static Object moment(ResultSet rows, int index) throws SQLException {
        OffsetDateTime value = rows.getObject(index, OffsetDateTime.class);
        if (value == null) {
            return null;
        }
        if (value.equals(OffsetDateTime.MAX)) {
            return LAST_DATE.atTime(LAST_TIME).atOffset(ZoneOffset.UTC);
        }
        return value.equals(OffsetDateTime.MIN)
                ? FIRST_DATE.atStartOfDay().atOffset(ZoneOffset.UTC)
                : value.withOffsetSameInstant(ZoneOffset.UTC);
    }

    /** PostgreSQL's numeric has NaN and infinities, which its driver returns as doubles and no warehouse can store. */
    static final class NumericGetter implements Getter {

        private final String column;
        private final int scale;
        private boolean warned;

        NumericGetter(String column, int scale) {
            this.column = column;
            this.scale = scale;
        }

        @Override
        public Object get(ResultSet rows, int index) throws SQLException {
            return decimal(rows.getObject(index));
        }

        /** @param value of the driver, or null for NULL */
        BigDecimal decimal(Object value) {
            if (value instanceof BigDecimal decimal) {
                return scale < 0 ? decimal.setScale(0) : decimal;
            }
            if (value != null && !warned) {
                warned = true;
                LOG.warn("Column {}: NaN and infinities of type numeric become NULL", column);
            }
            return null;
        }
    }
}
