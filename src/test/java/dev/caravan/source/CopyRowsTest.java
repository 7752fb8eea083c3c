package dev.caravan.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.data.ColumnBatch;
import dev.caravan.data.ColumnVector;
import dev.caravan.local.TestPostgres;
import dev.caravan.run.CancellableConnection;
import dev.caravan.run.PermanentException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** COPY gives the rows that a result set gives, by row and by column. */
class CopyRowsTest {

    private static final SqlErrors ERRORS = new SqlErrors("test");

    /** Every type, its extremes, and random values that are the same in every run. */
    private static final String EVERYTHING =
            """
            SELECT n::int2 AS i2, n * 1000003 AS i4, n * 1000000000039 AS i8, n::oid AS o, n % 3 = 0 AS b,
              CASE WHEN n % 5 > 0 THEN (hashint4(n)::numeric / 1000)::numeric(14,3) END AS d14,
              (hashint8(n)::numeric * 100000000)::numeric(18,0) AS d18,
              (hashint8(n)::numeric / 7 * 1e12)::numeric(38,10) AS d38, (n * 1111)::numeric(5,-2) AS negative,
              (n / 200000.0)::numeric(3,5) AS small,
              CASE n % 7 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' ELSE hashint4(n)::text || '.' || n END::numeric AS d,
              CASE n % 7 WHEN 0 THEN 'NaN' ELSE n::text END::numeric(18,4) AS nan,
              (n::numeric / 7)::numeric(45,20) AS wide,
              CASE n % 4 WHEN 0 THEN 'NaN' WHEN 1 THEN (n * 1e-20)::text ELSE '0' END::numeric(45,20) AS tiny,
              n / 7.0::float4 AS f4, CASE n % 6 WHEN 0 THEN '-Infinity' ELSE n / 7.0 END::float8 AS f8,
              CASE n % 9 WHEN 0 THEN 'infinity' WHEN 1 THEN '-infinity' WHEN 2 THEN '4713-01-01 BC'
                ELSE (date '1900-01-01' + n * 37)::text END::date AS day,
              CASE n % 9 WHEN 0 THEN '24:00' ELSE (time '00:00' + n * interval '1.234567 s')::text END::time AS t,
              CASE n % 9 WHEN 0 THEN 'infinity' WHEN 1 THEN '-infinity' WHEN 2 THEN '294276-12-31 23:59:59.999999'
                WHEN 3 THEN '4713-02-01 BC' ELSE (timestamp '1969-12-31 23:59:59.999999' + n * interval '1.3 d')::text
                END::timestamp AS ts,
              CASE n % 9 WHEN 0 THEN 'infinity' ELSE (timestamptz '1969-12-31 Asia/Kathmandu' + n * interval '9 h')::text
                END::timestamptz AS tz,
              (time '01:00' + n * interval '1 s')::timetz AS timetz, n * interval '1 month 3.5 s' AS span,
              CASE WHEN n % 4 > 0 THEN repeat(E'ä🦆"\\n\\\\', n % 30) END AS text, n::char(9) AS blanks, n::text::name AS name,
              'x'::"char" AS c, md5(n::text)::uuid AS uuid, ('{"n":  ' || n || '}')::json AS json,
              ('{"n":  ' || n || '}')::jsonb AS jsonb, decode(md5(n::text), 'hex') AS bytes,
              CASE WHEN n % 4 > 0 THEN ARRAY[n, NULL, -n] END AS ints, ARRAY['a,"b', NULL, n::text] AS texts,
              ARRAY[n % 2 = 0, NULL] AS bools, '10.0.0.1/32'::inet AS inet, '10.0.0.0/8'::cidr AS cidr, n::money AS money,
              int4range(n, n + 5) AS range, point(n, 0.1) AS point, box(point(n, 1), point(2, 3)) AS box,
              to_tsvector('simple', 'a b ' || n) AS vector, n::bit(8) AS bit, B'101'::varbit AS varbit,
              ROW(n, NULL, 'a b') AS record, ROW(NULL) AS nulls, xmlparse(CONTENT '<a>' || n || '</a>') AS xml,
              'pg_class'::regclass AS class, NULL::int4 AS none, NULL::inet AS nothing, NULL::text AS unsaid
            FROM generate_series(1, 1000) AS n ORDER BY n""";

    private final List<Connection> connections = new ArrayList<>();

    @AfterEach
    void disconnect() throws SQLException {
        for (Connection connection : connections) {
            connection.close();
        }
    }

    private Connection connect(String options) throws SQLException {
        Connection connection = DriverManager.getConnection(TestPostgres.url() + options);
        connection.setAutoCommit(false);
        connections.add(connection);
        return connection;
    }

    private CopyRows copy(String sql, List<Object> parameters, int batchRows) throws Exception {
        return copy(sql, parameters, batchRows, "");
    }

    private CopyRows copy(String sql, List<Object> parameters, int batchRows, String options) throws Exception {
        Connection connection = connect(options);
        return CopyQuery.of(connection, sql, parameters)
                .start(new CancellableConnection(null, connection, null), batchRows, ERRORS);
    }

    /** Bytes are compared by value. */
    private static List<Object> comparable(Map<String, Object> row) {
        return row.values().stream()
                .map(v -> v instanceof byte[] bytes ? (Object) Arrays.toString(bytes) : v)
                .toList();
    }

    private static List<List<Object>> all(SourceRows rows) {
        List<List<Object>> all = new ArrayList<>();
        rows.forEachRemaining(row -> all.add(comparable(row)));
        return all;
    }

    private ResultSetRows resultSet(String sql, Object... parameters) throws SQLException {
        Connection other = connect("&prepareThreshold=-1");
        PreparedStatement statement = other.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return new ResultSetRows(new CancellableConnection(null, other, null), statement.executeQuery(), ERRORS);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 300, 8192})
    void everyTypeHasTheValuesOfAResultSet(int batchRows) throws Exception {
        try (ResultSetRows expected = resultSet(EVERYTHING);
                CopyRows copied = copy(EVERYTHING, null, batchRows)) {
            assertThat(copied.columns()).isEqualTo(expected.columns());
            List<List<Object>> rows = all(copied);
            List<List<Object>> expectedRows = all(expected);
            for (int i = 0; i < expectedRows.size(); i++) {
                assertThat(rows.get(i)).as("row %s", i).isEqualTo(expectedRows.get(i));
            }
            assertThat(rows).hasSameSizeAs(expectedRows);
        }
    }

    @Test
    void numbersTimesAndTextComeInColumnsWithoutObjects() throws Exception {
        try (CopyRows rows = copy(
                "SELECT n, n::numeric(12,2) AS d, n::text AS t, timestamp '2026-01-02' AS ts, 0.5::float8 AS f"
                        + " FROM generate_series(1, 5) AS n",
                null,
                3)) {
            ColumnBatch first = rows.nextBatch();
            assertThat(first.size()).isEqualTo(3);
            assertThat(first.columns())
                    .hasExactlyElementsOfTypes(
                            ColumnVector.Longs.class,
                            ColumnVector.Longs.class,
                            ColumnVector.Bytes.class,
                            ColumnVector.Longs.class,
                            ColumnVector.Doubles.class);
            ColumnBatch second = rows.nextBatch();
            assertThat(second.size()).isEqualTo(2);
            assertThat(second.columns().get(1).get(1)).isEqualTo(new BigDecimal("5.00"));
            assertThat(first.columns().get(2).get(2)).isEqualTo("3");
            assertThat(rows.nextBatch()).isNull();
        }
    }

    @Test
    void batchesAreBoundedInBytes() throws Exception {
        try (CopyRows rows = copy("SELECT repeat('x', 1 << 18) FROM generate_series(1, 9)", null, 8192)) {
            assertThat(rows.nextBatch().size()).isEqualTo(4);
            assertThat(rows.nextBatch().size()).isEqualTo(4);
            assertThat(rows.nextBatch().size()).isEqualTo(1);
            assertThat(rows.nextBatch()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1 AS a -- the end",
                "SELECT 1 AS a; -- the end",
                " /* c */ SELECT 1 AS a;",
                "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
                "SELECT 1 AS a FROM (VALUES (';--')) AS v",
                "SET LOCAL work_mem = '8MB'; SELECT 1 AS a",
                "SELECT CASE WHEN '{\"a\": 1}'::jsonb ? 'a' THEN 1 END AS a",
                "VALUES (1)",
                "(SELECT 1 AS a)",
                "SELECT 1 AS a ORDER BY 'x'::text",
                "SELECT 1 AS a UNION ALL SELECT 2 LIMIT 1",
                "SELECT length('?') AS a",
                "SELECT {fn abs(-1)} AS a"
            })
    void queriesAsUsersWriteThem(String sql) throws Exception {
        try (CopyRows rows = copy(sql, null, 100)) {
            assertThat(all(rows)).containsExactly(List.of(1L));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SHOW work_mem",
                "EXPLAIN SELECT 1",
                "SELECT 1; SELECT 2",
                "INSERT INTO t VALUES (1)",
                "SELECT",
                "SELECT ARRAY[0.1::float4]",
                "CALL x()"
            })
    void whatCopyCannotSendGoesTheOrdinaryWay(String sql) {
        assertThatThrownBy(() -> copy(sql, null, 100)).isInstanceOf(CopyQuery.NotPossible.class);
    }

    @Test
    void parametersHaveTheTypesThatTheDriverBinds() throws Exception {
        Object[] values = {
            "it's \\ \"x\" 🦆 '); DROP TABLE t; --",
            41L,
            7,
            new BigDecimal("-1.50"),
            0.1,
            true,
            LocalDate.parse("2026-03-08"),
            LocalTime.parse("02:30:00.000001"),
            LocalDateTime.parse("2026-03-08T02:30:00.123456"),
            OffsetDateTime.parse("2026-03-08T02:30:00.123456-03:30"),
            OffsetDateTime.parse("2026-03-08T02:30Z")
        };
        StringBuilder sql = new StringBuilder("SELECT ");
        for (int i = 0; i < values.length; i++) {
            sql.append("? AS c")
                    .append(i)
                    .append(", pg_typeof(?)::text AS t")
                    .append(i)
                    .append(", ");
        }
        List<Object> twice = new ArrayList<>();
        for (Object value : values) {
            twice.add(value);
            twice.add(value);
        }
        String query = sql + "'a?' AS q";
        try (ResultSetRows expected = resultSet(query, twice.toArray());
                CopyRows copied = copy(query, twice, 100)) {
            assertThat(copied.columns()).isEqualTo(expected.columns());
            assertThat(all(copied)).isEqualTo(all(expected));
        }
        try (CopyRows rows = copy("SELECT 1 AS a WHERE CAST(? AS date) IS NULL", Arrays.asList((Object) null), 1)) {
            assertThat(all(rows)).containsExactly(List.of(1L));
        }
        for (Object other : List.of(
                "a\0b", java.time.Instant.EPOCH, LocalDate.of(-5, 1, 1), LocalTime.of(1, 2, 3, 4), new int[0], 1f)) {
            assertThatThrownBy(() -> copy("SELECT ? AS a", List.of(other), 100))
                    .isInstanceOf(CopyQuery.NotPossible.class);
        }
    }

    @Test
    void anErrorAfterManyRowsIsTheServers() throws Exception {
        try (CopyRows rows = copy("SELECT 1 / (300000 - n) AS a FROM generate_series(1, 500000) AS n", null, 8192)) {
            assertThatThrownBy(() -> {
                        while (rows.nextBatch() != null) {
                            // until it fails
                        }
                    })
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("division by zero");
        }
        assertThat(connections.get(0).isClosed()).isTrue();
    }

    @Test
    void rowsThatAreLeftEndTheQueryOnTheServer() throws Exception {
        int pid;
        try (CopyRows rows =
                copy("SELECT pg_backend_pid() AS p, repeat('x', 99) FROM generate_series(1, 100000000)", null, 10)) {
            pid = Math.toIntExact((Long) rows.nextBatch().columns().get(0).get(0));
        }
        try (Connection other = DriverManager.getConnection(TestPostgres.url());
                Statement statement = other.createStatement()) {
            org.awaitility.Awaitility.await().untilAsserted(() -> {
                try (var found = statement.executeQuery("SELECT pid FROM pg_stat_activity WHERE pid = " + pid)) {
                    assertThat(found.next()).isFalse();
                }
            });
        }
    }

    @Test
    void aSessionWithOtherStringsIsReadByTheDriver() throws Exception {
        assertThatThrownBy(() -> copy("SELECT 1", null, 100, "&options=-c%20standard_conforming_strings=off"))
                .isInstanceOf(CopyQuery.NotPossible.class)
                .hasMessageContaining("standard_conforming_strings");
    }
}
