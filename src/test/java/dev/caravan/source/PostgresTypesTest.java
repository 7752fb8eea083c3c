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
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.local.TestPostgres;
import dev.caravan.run.CancellableConnection;
import dev.caravan.run.PermanentException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** What every type of PostgreSQL becomes, whether the driver transfers it as text or in binary form, or COPY does. */
@ParameterizedClass
@ValueSource(strings = {"", "&prepareThreshold=-1", PostgresTypesTest.COPY})
record PostgresTypesTest(String transfer) {

    static final String COPY = "&ApplicationName=COPY";

    private static final TimeZone ZONE = TimeZone.getDefault();

    @BeforeAll
    static void createTypes() throws SQLException {
        try (Connection connection = DriverManager.getConnection(TestPostgres.url());
                Statement statement = connection.createStatement()) {
            statement.execute("DROP SCHEMA IF EXISTS types CASCADE; CREATE SCHEMA types;"
                    + "CREATE TYPE types.mood AS ENUM ('glad', 'it''s \"so\"');"
                    + "CREATE DOMAIN types.percent AS numeric(5, 2) CHECK (value <= 100);"
                    + "CREATE TYPE types.point3 AS (x int, y int, label text);"
                    + "CREATE TABLE types.counted (id serial, big bigserial, small smallserial);"
                    + "INSERT INTO types.counted DEFAULT VALUES");
        }
    }

    @AfterEach
    void resetZone() {
        TimeZone.setDefault(ZONE);
    }

    @Test
    void integers() throws SQLException {
        assertValues(INTEGER, "smallint", "-32768", -32768L, "32767", 32767L);
        assertValues(INTEGER, "integer", "-2147483648", -2147483648L, "0", 0L, "2147483647", 2147483647L);
        assertValues(INTEGER, "bigint", "-9223372036854775808", Long.MIN_VALUE, "9223372036854775807", Long.MAX_VALUE);
        assertValues(INTEGER, "oid", "4294967295", 4294967295L);
        assertThat(read("SELECT * FROM types.counted").columns)
                .extracting(Column::type)
                .containsOnly(of(INTEGER));
    }

    @Test
    void decimals() throws SQLException {
        String digits = "12345678901234567890123456789012345678";
        assertValues(ColumnType.decimal(38, 0), "numeric(38)", digits, new BigDecimal(digits));
        String fraction = "-0.12345678901234567890123456789012345678";
        assertValues(ColumnType.decimal(38, 38), "numeric(38,38)", fraction, new BigDecimal(fraction));
        assertValues(ColumnType.decimal(12, 2), "numeric(12,2)", "0.10", new BigDecimal("0.10"));
        assertValues(ColumnType.decimal(5, 2), "types.percent", "99.5", new BigDecimal("99.50"));
        assertValues(ColumnType.decimal(5, 0), "numeric(2,-3)", "98765", new BigDecimal("99000"));
        assertValues(ColumnType.decimal(5, 5), "numeric(3,5)", "0.00999", new BigDecimal("0.00999"));
    }

    @Test
    void decimalsWithoutDeclaredDigitsKeepAllTheyHave() throws SQLException {
        for (String value :
                List.of("123456789012345678901234567890.12345678", "-0.00000000000000000001", "1e-20", "0")) {
            Object read = read("SELECT " + value + "::numeric AS c").single();
            assertThat((BigDecimal) read).isEqualByComparingTo(value);
        }
        assertThat(read("SELECT NULL::numeric AS c").columns)
                .containsExactly(new Column("c", ColumnType.decimal(1, 0)));
    }

    @Test
    void decimalsTooWideForAnyEngineBecomeText() throws SQLException {
        String digits = "123456789012345678901234567890123456789.5";
        assertValues(TEXT, "numeric(40,1)", digits, digits);
        assertValues(TEXT, "numeric(45,20)", "0", "0.00000000000000000000", "-1e-20", "-0.00000000000000000001");
        assertValues(TEXT, "numeric(45,-3)", "12e40", "12" + "0".repeat(40), "'NaN'", "NaN");
    }

    @Test
    void decimalsThatAreNoNumbersBecomeNull() throws SQLException {
        assertThat(read("SELECT v::numeric AS c FROM (VALUES ('NaN'), ('1.5'), ('Infinity'), ('-Infinity')) AS t (v)")
                        .column("c"))
                .containsExactly(null, new BigDecimal("1.5"), null, null);
        assertThat(read("SELECT 'NaN'::numeric(5,2) AS c").column("c")).containsExactly((Object) null);
    }

    @Test
    void floatingPoint() throws SQLException {
        assertValues(DOUBLE, "double precision", "0.1", 0.1, "1e308", 1e308, "5e-324", Double.MIN_VALUE, "'-0'", -0.0);
        assertValues(DOUBLE, "double precision", "'NaN'", Double.NaN, "'-Infinity'", Double.NEGATIVE_INFINITY);
        assertValues(DOUBLE, "double precision", "'Infinity'", Double.POSITIVE_INFINITY);
        assertValues(DOUBLE, "real", "0.1", 0.1f, "'NaN'", Float.NaN, "'Infinity'", Float.POSITIVE_INFINITY);
    }

    @Test
    void text() throws SQLException {
        String hostile = "a 'quoted' \"one\", back\\slash,\n\r\ttab; 日本 🦆 '); DROP TABLE x; --";
        String literal = "'" + hostile.replace("'", "''") + "'";
        assertValues(TEXT, "text", literal, hostile, "''", "");
        assertValues(TEXT, "varchar", literal, hostile);
        assertValues(TEXT, "char(5)", "'ab'", "ab   ");
        assertValues(TEXT, "name", "'me'", "me");
        assertValues(TEXT, "types.mood", "'it''s \"so\"'", "it's \"so\"");
        assertValues(TEXT, "uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    }

    @Test
    void timestamps() throws SQLException {
        assertValues(
                TIMESTAMP,
                "timestamp",
                "'2026-03-08 02:30:00.123456'",
                LocalDateTime.parse("2026-03-08T02:30:00.123456"));
        assertValues(TIMESTAMP, "timestamp(0)", "'1999-12-31 23:59:59'", LocalDateTime.parse("1999-12-31T23:59:59"));
        assertValues(TIMESTAMP, "timestamp", "'4713-01-01 00:00:00 BC'", LocalDateTime.of(-4712, 1, 1, 0, 0));
        assertValues(
                TIMESTAMP,
                "timestamp",
                "'294276-12-31 23:59:59.999999'",
                LocalDateTime.of(294276, 12, 31, 23, 59, 59, 999_999_000));
        assertValues(TIMESTAMP, "timestamp", "'infinity'", LocalDateTime.parse("9999-12-31T23:59:59.999999"));
        assertValues(TIMESTAMP, "timestamp", "'-infinity'", LocalDateTime.parse("0001-01-01T00:00:00"));
    }

    @Test
    void wallClocksDoNotDependOnTheZoneOfTheProcess() throws SQLException {
        for (String zone : List.of("America/New_York", "Asia/Kathmandu", "Pacific/Apia")) {
            TimeZone.setDefault(TimeZone.getTimeZone(zone));
            assertValues( // in New York there is no such hour
                    TIMESTAMP, "timestamp", "'2026-03-08 02:30:00'", LocalDateTime.parse("2026-03-08T02:30:00"));
            assertValues(DATE, "date", "'2011-12-30'", LocalDate.parse("2011-12-30")); // nor such a day in Apia
            assertValues(TIME, "time", "'02:30:00'", LocalTime.parse("02:30"));
            assertValues(
                    TIMESTAMP_TZ,
                    "timestamptz",
                    "'2026-03-08 02:30:00+00'",
                    OffsetDateTime.parse("2026-03-08T02:30:00Z"));
        }
    }

    @Test
    void moments() throws SQLException {
        assertValues(
                TIMESTAMP_TZ,
                "timestamptz",
                "'2026-11-01 01:30:00.000001-04:00'",
                OffsetDateTime.parse("2026-11-01T05:30:00.000001Z"));
        assertValues(
                TIMESTAMP_TZ,
                "timestamptz",
                "'4713-06-01 00:00:00+00 BC'",
                LocalDateTime.of(-4712, 6, 1, 0, 0).atOffset(java.time.ZoneOffset.UTC));
        assertValues(TIMESTAMP_TZ, "timestamptz", "'infinity'", OffsetDateTime.parse("9999-12-31T23:59:59.999999Z"));
        assertValues(TIMESTAMP_TZ, "timestamptz", "'-infinity'", OffsetDateTime.parse("0001-01-01T00:00:00Z"));
        assertValues(
                TIMESTAMP_TZ,
                "timestamptz",
                "'294276-12-31 23:59:59.999999+00'",
                OffsetDateTime.parse("+294276-12-31T23:59:59.999999Z"));
    }

    @Test
    void aLeapDayBeforeChristIsTheOneDayThatTheDriverCannotReadAsText() throws SQLException {
        String query = "SELECT timestamp '0001-02-29 12:00:00 BC' AS t";
        if (transfer.isEmpty()) {
            assertThatThrownBy(() -> read(query))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("column 't'");
        } else {
            assertThat(read(query).single()).isEqualTo(LocalDateTime.of(0, 2, 29, 12, 0));
        }
    }

    @Test
    void datesAndTimes() throws SQLException {
        assertValues(
                DATE, "date", "'2024-02-29'", LocalDate.of(2024, 2, 29), "'4713-01-01 BC'", LocalDate.of(-4712, 1, 1));
        assertValues(DATE, "date", "'5874897-12-31'", LocalDate.of(5874897, 12, 31));
        assertValues(DATE, "date", "'infinity'", LocalDate.of(9999, 12, 31), "'-infinity'", LocalDate.of(1, 1, 1));
        assertValues(
                TIME, "time", "'00:00'", LocalTime.MIDNIGHT, "'23:59:59.999999'", LocalTime.parse("23:59:59.999999"));
        assertValues(TIME, "time", "'24:00'", LocalTime.parse("23:59:59.999999"));
        assertValues(
                TEXT, "timetz", "'12:30:00+02'", "12:30+02:00", "'01:02:03.000004-03:30'", "01:02:03.000004-03:30");
    }

    @Test
    void intervalsAreIsoText() throws SQLException {
        assertValues(TEXT, "interval", "'1 year 2 mons 3 days 04:05:06.789'", "P1Y2M3DT4H5M6.789S");
        assertValues(TEXT, "interval", "'-1 year 3 days -00:00:00.5'", "P-1Y3DT-0.5S", "'0'", "PT0S");
        assertValues(TEXT, "interval", "'40 days'", "P40D", "'2562047788 hours'", "PT2562047788H");
        assertValues(TEXT, "interval", "'infinity'", "infinity");
    }

    @Test
    void booleansAndBytes() throws SQLException {
        assertValues(BOOLEAN, "boolean", "true", true, "false", false);
        assertValues(BINARY, "bytea", "'\\x00ff275c'", new byte[] {0, -1, 0x27, 0x5c}, "''", new byte[0]);
        assertValues(TEXT, "bit", "B'1'", "1");
        assertValues(TEXT, "varbit", "B'0101'", "0101");
    }

    @Test
    void json() throws SQLException {
        assertValues(JSON, "json", "'{\"b\": 1.10,  \"a\": [null, \"🦆\"]}'", "{\"b\": 1.10,  \"a\": [null, \"🦆\"]}");
        assertValues(
                JSON, "jsonb", "'{\"n\":12345678901234567890.123456789}'", "{\"n\": 12345678901234567890.123456789}");
        assertValues(JSON, "jsonb", "'null'", "null");
    }

    @Test
    void arraysAreJson() throws SQLException {
        assertValues(JSON, "int[]", "'{1,NULL,-3}'", "[1,null,-3]", "'{}'", "[]", "'{{1,2},{3,4}}'", "[[1,2],[3,4]]");
        assertValues(JSON, "int[]", "'[0:1]={1,2}'", "[1,2]");
        assertValues(JSON, "bigint[]", "'{9223372036854775807}'", "[9223372036854775807]");
        assertValues(
                JSON,
                "numeric[]",
                "'{0.10,12345678901234567890.123456789,NaN}'",
                "[0.10,12345678901234567890.123456789,\"NaN\"]");
        assertValues(JSON, "boolean[]", "'{t,f,NULL}'", "[true,false,null]");
        assertValues(
                JSON,
                "text[]",
                "ARRAY['a', '', 'NULL', NULL, 'x\"y\\z', 'c,d', '{e}', E'\\n', '🦆']",
                "[\"a\",\"\",\"NULL\",null,\"x\\\"y\\\\z\",\"c,d\",\"{e}\",\"\\n\",\"🦆\"]");
        assertValues(JSON, "jsonb[]", "ARRAY['{\"a\": \"b\"}'::jsonb]", "[{\"a\": \"b\"}]");
        assertValues(JSON, "types.mood[]", "'{glad,\"it''s \\\"so\\\"\"}'", "[\"glad\",\"it's \\\"so\\\"\"]");
        assertValues(
                JSON,
                "uuid[]",
                "'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'",
                "[\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"]");
        assertValues(JSON, "timestamp[]", "'{2026-01-02 03:04:05.6}'", "[\"2026-01-02 03:04:05.6\"]");
        assertValues(JSON, "date[]", "'{2026-01-02}'", "[\"2026-01-02\"]");
        assertValues(JSON, "box[]", "'{(1,1),(0,0);(2,2),(1,1)}'", "[\"(1,1),(0,0)\",\"(2,2),(1,1)\"]");
        assertValues(JSON, "double precision[]", "'{0.5,Infinity,NaN}'", "[0.5,\"Infinity\",\"NaN\"]");
        assertValues(JSON, "real[]", "'{0.5}'", "[0.5]");
        assertValues(JSON, "smallint[]", "'{7}'", "[7]");
    }

    @Test
    void everythingElseIsItsText() throws SQLException {
        assertValues(TEXT, "inet", "'10.0.0.1/8'", "10.0.0.1/8");
        assertValues(TEXT, "macaddr", "'08:00:2b:01:02:03'", "08:00:2b:01:02:03");
        assertValues(TEXT, "int4range", "'[1,5)'", "[1,5)");
        assertValues(TEXT, "tsvector", "'a b'", "'a' 'b'");
        assertValues(TEXT, "point", "'(1,2)'", "(1.0,2.0)");
        assertValues(TEXT, "money", "'12.34'", "$12.34");
        assertValues(TEXT, "types.point3", "ROW(1, NULL, 'a b')", "(1,,\"a b\")");
        assertValues(TEXT, "xml", "'<a>1</a>'", "<a>1</a>");
    }

    @Test
    void columnsOfOneNameAreRefused() {
        assertThatThrownBy(() -> read("SELECT 1 AS id, 2 AS id"))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("[id, id]");
    }

    @Test
    void rowsAreMaps() throws SQLException {
        Result result = read("SELECT 1 AS \"Weird \"\"name\", NULL::text AS nothing");
        Map<String, Object> row = result.rows.get(0);
        assertThat(row)
                .containsExactly(
                        Map.entry("Weird \"name", 1L), new java.util.AbstractMap.SimpleEntry<>("nothing", null));
        assertThat(row.containsKey("nothing")).isTrue();
        assertThat(row.get("other")).isNull();
        assertThat(row.values()).containsExactly(1L, null);
        assertThat(row).isEqualTo(new java.util.HashMap<>(row));
        List<Object> visited = new ArrayList<>();
        row.forEach((name, value) -> visited.addAll(Arrays.asList(name, value)));
        assertThat(visited).containsExactly("Weird \"name", 1L, "nothing", null);
    }

    private static ColumnType of(ColumnType.Kind kind) {
        return ColumnType.of(kind);
    }

    private void assertValues(ColumnType.Kind kind, String type, Object... literalsAndValues) throws SQLException {
        assertValues(of(kind), type, literalsAndValues);
    }

    /** Each value arrives, and so does NULL, also in a column that holds nothing else. */
    private void assertValues(ColumnType expected, String type, Object... literalsAndValues) throws SQLException {
        for (int i = 0; i < literalsAndValues.length; i += 2) {
            Result result = read("SELECT CAST(" + literalsAndValues[i] + " AS " + type + ") AS c, CAST(NULL AS " + type
                    + ") AS n UNION ALL SELECT CAST(NULL AS " + type + "), CAST(NULL AS " + type + ")");
            assertThat(result.columns).containsExactly(new Column("c", expected), new Column("n", expected));
            assertThat(result.column("c")).containsExactly(comparable(literalsAndValues[i + 1]), null);
            assertThat(result.column("n")).containsExactly(null, null);
        }
    }

    private static Object comparable(Object value) {
        return value instanceof byte[] bytes ? HexFormat.of().formatHex(bytes) : value;
    }

    private record Result(List<Column> columns, List<Map<String, Object>> rows) {

        List<Object> column(String name) {
            return rows.stream().map(row -> comparable(row.get(name))).toList();
        }

        Object single() {
            return rows.get(0).values().iterator().next();
        }
    }

    private Result read(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(TestPostgres.url() + transfer)) {
            connection.setAutoCommit(false);
            try (SourceRows rows = open(connection, sql)) {
                List<Map<String, Object>> all = new ArrayList<>();
                rows.forEachRemaining(all::add);
                return new Result(rows.columns(), all);
            }
        }
    }

    private SourceRows open(Connection connection, String sql) throws SQLException {
        CancellableConnection held = new CancellableConnection(null, connection, null);
        SqlErrors errors = new SqlErrors("test");
        if (transfer.equals(COPY)) {
            try {
                return CopyQuery.of(connection, sql, null).start(held, 2, errors);
            } catch (CopyQuery.NotPossible e) {
                assertThat(sql).containsAnyOf("AS real[]", "AS double precision[]");
            }
        }
        return new ResultSetRows(held, connection.prepareStatement(sql).executeQuery(), errors);
    }
}
