package dev.caravan.snowflake.fake;

import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Snowflake's types in DuckDB, and the encoding of their values. */
final class FakeTypes {

    private static final Pattern DECIMAL = Pattern.compile("DECIMAL\\((\\d+), ?(\\d+)\\)");

    private static final Pattern TIME =
            Pattern.compile("(\\d{4,}-\\d{2}-\\d{2})?[T ]?(?:(\\d{2}:\\d{2}:\\d{2})(?:\\.(\\d+))?)?(?:[+]00)?");

    private static final Map<String, String> DUCKDB = Map.ofEntries(
            Map.entry("NUMBER", "DECIMAL"),
            Map.entry("DECIMAL", "DECIMAL"),
            Map.entry("NUMERIC", "DECIMAL"),
            Map.entry("INT", "DECIMAL(38,0)"),
            Map.entry("INTEGER", "DECIMAL(38,0)"),
            Map.entry("BIGINT", "DECIMAL(38,0)"),
            Map.entry("SMALLINT", "DECIMAL(38,0)"),
            Map.entry("TINYINT", "DECIMAL(38,0)"),
            Map.entry("BYTEINT", "DECIMAL(38,0)"),
            Map.entry("FLOAT", "DOUBLE"),
            Map.entry("FLOAT4", "DOUBLE"),
            Map.entry("FLOAT8", "DOUBLE"),
            Map.entry("DOUBLE", "DOUBLE"),
            Map.entry("REAL", "DOUBLE"),
            Map.entry("VARCHAR", "VARCHAR"),
            Map.entry("STRING", "VARCHAR"),
            Map.entry("TEXT", "VARCHAR"),
            Map.entry("CHAR", "VARCHAR"),
            Map.entry("CHARACTER", "VARCHAR"),
            Map.entry("BINARY", "BLOB"),
            Map.entry("VARBINARY", "BLOB"),
            Map.entry("BOOLEAN", "BOOLEAN"),
            Map.entry("DATE", "DATE"),
            Map.entry("TIME", "TIME"),
            Map.entry("DATETIME", "TIMESTAMP"),
            Map.entry("TIMESTAMP", "TIMESTAMP"),
            Map.entry("TIMESTAMP_NTZ", "TIMESTAMP"),
            Map.entry("TIMESTAMPNTZ", "TIMESTAMP"),
            Map.entry("TIMESTAMP_LTZ", "TIMESTAMPTZ"),
            Map.entry("TIMESTAMPLTZ", "TIMESTAMPTZ"),
            Map.entry("TIMESTAMP_TZ", "TIMESTAMPTZ"),
            Map.entry("TIMESTAMPTZ", "TIMESTAMPTZ"),
            Map.entry("VARIANT", "JSON"),
            Map.entry("OBJECT", "JSON"),
            Map.entry("ARRAY", "JSON"));

    private FakeTypes() {}

    static boolean isType(String word) {
        return DUCKDB.containsKey(word);
    }

    /** Returns DuckDB's type for a type name of Snowflake. */
    static String duckdb(String name, List<String> arguments) {
        String type = DUCKDB.get(name);
        if (type.equals("DECIMAL")) {
            String precision = arguments.isEmpty() ? "38" : arguments.get(0);
            return "DECIMAL(" + precision + "," + (arguments.size() < 2 ? "0" : arguments.get(1)) + ")";
        }
        return type;
    }

    /** Returns the name that DESC TABLE shows for a type of DuckDB. */
    static String described(String duckdb) {
        Matcher decimal = DECIMAL.matcher(duckdb);
        if (decimal.matches()) {
            return "NUMBER(" + decimal.group(1) + "," + decimal.group(2) + ")";
        }
        return switch (duckdb) {
            case "DOUBLE", "FLOAT" -> "FLOAT";
            case "VARCHAR" -> "VARCHAR(16777216)";
            case "BLOB" -> "BINARY(8388608)";
            case "TIME" -> "TIME(9)";
            case "TIMESTAMP" -> "TIMESTAMP_NTZ(9)";
            case "TIMESTAMP WITH TIME ZONE" -> "TIMESTAMP_TZ(9)";
            case "JSON" -> "VARIANT";
            case "BOOLEAN", "DATE" -> duckdb;
            default -> "NUMBER(38,0)";
        };
    }

    /** Returns the columns of a DuckDB result. */
    static Reply.Column column(ResultSetMetaData meta, int index, String name) throws SQLException {
        String type = meta.getColumnTypeName(index).toUpperCase(Locale.ROOT);
        Matcher decimal = DECIMAL.matcher(type);
        if (decimal.matches()) {
            int scale = Integer.parseInt(decimal.group(2));
            return new Reply.Column(name, "fixed", Integer.parseInt(decimal.group(1)), scale, 0, true);
        }
        return switch (type) {
            case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER" ->
                new Reply.Column(name, "fixed", 18, 0, 0, true);
            case "HUGEINT", "UBIGINT", "UHUGEINT", "BIGNUM" -> new Reply.Column(name, "fixed", 38, 0, 0, true);
            case "DOUBLE", "FLOAT" -> new Reply.Column(name, "real", 0, 0, 0, true);
            case "BOOLEAN" -> new Reply.Column(name, "boolean", 0, 0, 0, true);
            case "DATE" -> new Reply.Column(name, "date", 0, 0, 0, true);
            case "TIME" -> new Reply.Column(name, "time", 0, 9, 0, true);
            case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS" ->
                new Reply.Column(name, "timestamp_ntz", 0, 9, 0, true);
            case "TIMESTAMP WITH TIME ZONE" -> new Reply.Column(name, "timestamp_tz", 0, 9, 0, true);
            case "BLOB" -> new Reply.Column(name, "binary", 0, 0, 8_388_608, true);
            case "JSON" -> new Reply.Column(name, "variant", 0, 0, 0, true);
            default -> Reply.Column.text(name);
        };
    }

    /** Encodes a value of a DuckDB result; VARIANTs are indented. */
    static String encode(ResultSet row, int index, String type, int jsonIndent) throws SQLException {
        if (row.getObject(index) == null) {
            return null;
        }
        return switch (type) {
            case "fixed" -> number(row.getObject(index)).toPlainString();
            case "real" -> real(row.getDouble(index));
            case "boolean" -> row.getBoolean(index) ? "1" : "0";
            case "date" -> String.valueOf(((LocalDate) row.getObject(index)).toEpochDay());
            case "time" -> nanos(row.getObject(index, LocalTime.class).toNanoOfDay(), 0);
            case "timestamp_ntz" -> {
                Instant time = row.getObject(index, LocalDateTime.class).toInstant(ZoneOffset.UTC);
                yield nanos(time.getNano(), time.getEpochSecond());
            }
            case "timestamp_tz" -> {
                Instant time = row.getObject(index, OffsetDateTime.class).toInstant();
                yield nanos(time.getNano(), time.getEpochSecond()) + " 1440";
            }
            case "binary" -> HexFormat.of().withUpperCase().formatHex(row.getBytes(index));
            case "variant" -> Variants.write(row.getString(index), jsonIndent);
            default -> row.getString(index);
        };
    }

    private static BigDecimal number(Object value) {
        return value instanceof BigDecimal decimal ? decimal : new BigDecimal(value.toString());
    }

    static String real(double value) {
        if (Double.isNaN(value)) {
            return "NaN";
        } else if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        return Double.toString(value);
    }

    private static String nanos(long nanos, long seconds) {
        return BigDecimal.valueOf(seconds)
                .add(BigDecimal.valueOf(nanos, 9))
                .setScale(9)
                .toPlainString();
    }

    /** Implements TO_VARCHAR of a date or time, given in DuckDB's notation. */
    static String format(String text, String format) {
        if (text == null) {
            return null;
        }
        Matcher time = TIME.matcher(text);
        if (!time.matches()) {
            throw new IllegalArgumentException("no time: " + text);
        }
        String day = time.group(1) == null ? "1970-01-01" : time.group(1);
        String clock = time.group(2) == null ? "00:00:00" : time.group(2);
        String fraction = (time.group(3) == null ? "" : time.group(3)) + "000000000";
        return format.replace("TZH:TZM", "+00:00")
                .replace("\"T\"", "T")
                .replace("YYYY", day.substring(0, day.length() - 6))
                .replace("MM", day.substring(day.length() - 5, day.length() - 3))
                .replace("DD", day.substring(day.length() - 2))
                .replace("HH24", clock.substring(0, 2))
                .replace("MI", clock.substring(3, 5))
                .replace("SS", clock.substring(6, 8))
                .replace("FF6", fraction.substring(0, 6))
                .replace("FF3", fraction.substring(0, 3));
    }
}
