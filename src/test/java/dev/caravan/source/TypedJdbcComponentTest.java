package dev.caravan.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.zaxxer.hikari.HikariDataSource;
import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.Rows;
import dev.caravan.local.TestPostgres;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.FailedToStartRouteException;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Routes as users write them, on a pool with no setting but its address. */
class TypedJdbcComponentTest {

    private static final String STREAM = "jdbc:postgres?outputType=StreamList&useHeadersAsParameters=true";

    private static final Main MAIN = new Main();
    private static final HikariDataSource POOL = new HikariDataSource();
    private static ProducerTemplate camel;
    private static List<Object> seen = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        POOL.setJdbcUrl(TestPostgres.url());
        POOL.setMaximumPoolSize(2);
        POOL.setConnectionTimeout(2000);
        try (Connection connection = POOL.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE IF EXISTS written; CREATE TABLE written (id int)");
        }
        MAIN.setPropertyPlaceholderLocations("false");
        MAIN.bind("jdbc", new TypedJdbcComponent());
        MAIN.bind("postgres", POOL);
        MAIN.bind("wrongPassword", pool(TestPostgres.url() + "&password=wr0ng-s3cret"));
        MAIN.bind("refused", pool("jdbc:postgresql://127.0.0.1:1/shop?user=me&password=wr0ng-s3cret"));
        MAIN.bind("unknownHost", pool("jdbc:postgresql://no-such-host.invalid/shop?user=me&password=wr0ng-s3cret"));
        MAIN.bind("noCertificate", pool(TestPostgres.url() + "&sslmode=verify-full&sslrootcert=/no/such/root.crt"));
        MAIN.bind("wrongMode", pool(TestPostgres.url() + "&sslmode=always"));
        MAIN.bind("noTls", pool(TestPostgres.url() + "&sslmode=require"));
        MAIN.bind("noDriver", pool("jdbc:nonsense://me:wr0ng-s3cret@host/x?password=wr0ng-s3cret"));
        MAIN.bind("duckdb", pool("jdbc:duckdb:"));
        MAIN.bind("sqlite", pool("jdbc:sqlite::memory:"));
        MAIN.configure().addRoutesBuilder(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:all").to(STREAM).process(TypedJdbcComponentTest::readAll);
                from("direct:small").to(STREAM + "&statement.fetchSize=2").process(TypedJdbcComponentTest::readAll);
                // what Camel alone would fail with, or fill the memory by
                from("direct:reset").to(STREAM + "&resetAutoCommit=true").process(TypedJdbcComponentTest::readAll);
                from("direct:three").to(STREAM).process(TypedJdbcComponentTest::readThree);
                from("direct:left").to(STREAM).process(exchange -> exchange.getMessage()
                        .getBody(Rows.class)
                        .next());
                from("direct:failing").to(STREAM).process(exchange -> {
                    exchange.getMessage().getBody(Rows.class).next();
                    throw new IllegalStateException("broken after a row");
                });
                from("direct:plain").to("jdbc:postgres").process(TypedJdbcComponentTest::readThree);
                routeTemplate("query").from("kamelet:source").to("jdbc:postgres");
                from("direct:kamelet").to("kamelet:query").process(TypedJdbcComponentTest::readAll);
                from("direct:list").to("jdbc:postgres?outputType=SelectList");
                from("direct:split")
                        .to(STREAM)
                        .split(body())
                        .streaming()
                        .process(e -> seen.add(e.getMessage().getBody(Map.class).get("n")));
                from("direct:elsewhere")
                        .toD("jdbc:${header.where}?outputType=StreamList")
                        .process(TypedJdbcComponentTest::readAll);
            }
        });
        MAIN.start();
        camel = MAIN.getCamelTemplate();
    }

    @AfterAll
    static void stop() {
        MAIN.stop();
        POOL.close();
    }

    @AfterEach
    void noConnectionIsLeaked() throws SQLException {
        assertThat(POOL.getHikariPoolMXBean().getActiveConnections()).isZero();
        try (Connection connection = POOL.getConnection()) {
            assertThat(connection.getAutoCommit()).isTrue();
            assertThat(connection.isReadOnly()).isFalse();
        }
    }

    @Test
    void rowsHaveColumnsAndMoreOfThemThanOneFetchBrings() {
        Result result = send("direct:small", "SELECT n, n::text AS t FROM generate_series(1, 7) AS n");

        assertThat(result.columns)
                .containsExactly(
                        new Column("n", ColumnType.of(Kind.INTEGER)), new Column("t", ColumnType.of(Kind.TEXT)));
        assertThat(result.rows).extracting(row -> row.get("n")).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
    }

    @Test
    void aCopiedRouteStreamsWhateverItSaysAboutCommits() {
        assertThat(send("direct:reset", "SELECT n FROM generate_series(1, 5000) AS n").rows)
                .hasSize(5000);
    }

    @Test
    void memoryDoesNotGrowWithTheRows() {
        // would be 20 GB
        assertThat(send("direct:three", "SELECT repeat('x', 200), generate_series(1, 100000000) AS n").rows)
                .extracting(row -> row.get("n"))
                .containsExactly(1L, 2L, 3L);
    }

    @Test
    void parametersAreBoundWithTheirTypes() {
        String query = "SELECT :?text AS t, :?moment AS m, CAST(:?none AS date) AS d, :?number + 1 AS n";
        Map<String, Object> headers = new java.util.HashMap<>();
        headers.put("text", "'); DROP TABLE written; --");
        headers.put("moment", LocalDateTime.parse("2026-03-08T02:30:00.123456"));
        headers.put("none", null);
        headers.put("number", 41L);

        Map<String, Object> row = send("direct:all", query, headers).rows.get(0);

        assertThat(row)
                .containsEntry("t", "'); DROP TABLE written; --")
                .containsEntry("m", LocalDateTime.parse("2026-03-08T02:30:00.123456"))
                .containsEntry("d", null)
                .containsEntry("n", 42L);
    }

    @Test
    void aStreamThatIsLeftOrFailsGivesItsConnectionBack() {
        camel.requestBody("direct:left", "SELECT generate_series(1, 5000)");
        assertThatThrownBy(() -> send("direct:failing", "SELECT generate_series(1, 5000)"))
                .hasRootCauseMessage("broken after a row");
        assertThatThrownBy(() -> send("direct:all", "SELECT 1 / (3000 - generate_series(1, 5000))"))
                .cause()
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("division by zero");
    }

    @Test
    void splittingStreams() {
        seen = new ArrayList<>();
        camel.requestBody("direct:split", "SELECT generate_series(1, 3) AS n");
        assertThat(seen).containsExactly(1L, 2L, 3L);
    }

    @Test
    void anEmptyResultHasItsColumns() {
        Result result = send("direct:all", "SELECT 1 AS n WHERE false");
        assertThat(result.rows).isEmpty();
        assertThat(result.columns).hasSize(1);
    }

    @Test
    void otherOutputTypesAreCamelsOwnAndWrite() {
        assertThat(camel.requestBody("direct:list", "SELECT 1 AS n")).isEqualTo(List.of(Map.of("n", 1)));
        camel.requestBody("direct:list", "INSERT INTO written VALUES (7)");
        assertThat(camel.requestBody("direct:list", "SELECT id FROM written")).isEqualTo(List.of(Map.of("id", 7)));
    }

    @Test
    void aStreamWritesNothingAndSaysSo() {
        assertFails("postgres", "INSERT INTO written VALUES (8) RETURNING id", PermanentException.class)
                .hasMessageContaining("read-only");
    }

    @Test
    void whatIsMissingIsNamedAndNotTriedAgain() {
        assertFails("postgres", "SELECT * FROM raw_data.orderz", PermanentException.class)
                .hasMessageContaining("Data source 'postgres'")
                .hasMessageContaining("\"raw_data.orderz\" does not exist");
        assertFails("postgres", "SELECT colour FROM raw_data.products", PermanentException.class)
                .hasMessageContaining("column \"colour\" does not exist");
        assertFails("postgres", "SELEC 1", PermanentException.class).hasMessageContaining("syntax error");
    }

    @Test
    void aWrongPasswordIsPermanentAndNeverShown() {
        assertFails("wrongPassword", "SELECT 1", PermanentException.class)
                .hasMessageContaining("rejected the login")
                .hasMessageContaining("password authentication failed for user \"shop\"");
    }

    @Test
    void aServerThatDoesNotAnswerIsTriedAgain() {
        assertFails("refused", "SELECT 1", TransientException.class)
                .hasMessageContaining("cannot be reached")
                .hasMessageContaining("127.0.0.1:1");
        assertFails("unknownHost", "SELECT 1", TransientException.class)
                .hasMessageContaining("unknown host no-such-host.invalid");
    }

    @Test
    void aConnectionLostOnTheWayIsTriedAgain() {
        assertFails(
                        "postgres",
                        "SELECT CASE WHEN n = 4000 THEN pg_terminate_backend(pg_backend_pid()) END"
                                + " FROM generate_series(1, 5000) AS n",
                        TransientException.class)
                .hasMessageContaining("Data source 'postgres'");
    }

    @Test
    void whatTheRouteOrTheSettingsForgetIsPermanent() {
        assertFails("noDriver", "SELECT 1", PermanentException.class).hasMessageContaining("no installed JDBC driver");
        assertThatThrownBy(() -> send("direct:all", "SELECT :?cursor"))
                .cause()
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("cursor");
    }

    @Test
    void readingEverythingAtOnceIsRefused() {
        assertThatThrownBy(() -> MAIN.getCamelContext().addRoutes(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("direct:zero").to(STREAM + "&statement.fetchSize=0");
                    }
                }))
                .isInstanceOf(FailedToStartRouteException.class)
                .hasStackTraceContaining("statement.fetchSize=0 would read all rows");
    }

    @Test
    void otherDatabasesAreReadByTheirJdbcTypes() {
        Result duckdb = elsewhere(
                "duckdb",
                "SELECT 1::TINYINT AS i, 9223372036854775807 AS l, 1.50::DECIMAL(5,2) AS d, 0.1::DOUBLE AS f,"
                        + " true AS b, DATE '2026-01-02' AS day, TIMESTAMP '2026-01-02 03:04:05.678901' AS ts,"
                        + " 'x' AS t, '\\x01'::BLOB AS bytes, [1, 2] AS list, NULL::INTEGER AS n");
        assertThat(duckdb.rows.get(0))
                .containsEntry("i", 1L)
                .containsEntry("l", Long.MAX_VALUE)
                .containsEntry("d", new BigDecimal("1.50"))
                .containsEntry("f", 0.1)
                .containsEntry("b", true)
                .containsEntry("day", LocalDate.parse("2026-01-02"))
                .containsEntry("ts", LocalDateTime.parse("2026-01-02T03:04:05.678901"))
                .containsEntry("t", "x")
                .containsEntry("list", "[1, 2]")
                .containsEntry("n", null);
        assertThat((byte[]) duckdb.rows.get(0).get("bytes")).containsExactly(1);

        assertThat(elsewhere("sqlite", "SELECT 1 AS i, 'x' AS t, 0.5 AS f, NULL AS n")
                        .rows
                        .get(0))
                .containsEntry("i", 1L)
                .containsEntry("t", "x")
                .containsEntry("f", 0.5)
                .containsEntry("n", null);
    }

    @Test
    void aRouteThatSaysNothingStreamsTypedRows() {
        Result result = send("direct:plain", "SELECT 1.50::numeric(12,2) AS price, NULL::date AS day");

        assertThat(result.columns)
                .containsExactly(
                        new Column("price", ColumnType.decimal(12, 2)), new Column("day", ColumnType.of(Kind.DATE)));
        assertThat(send("direct:plain", "SELECT repeat('x', 200), generate_series(1, 100000000) AS n").rows)
                .hasSize(3);
    }

    @Test
    void aStatementThatWritesSaysHowItMay() throws SQLException {
        assertFails("postgres", "INSERT INTO written VALUES (9)", PermanentException.class)
                .hasMessageContaining("outputType: SelectList");
        assertFails("sqlite", "CREATE TABLE t (n int)", PermanentException.class)
                .hasMessageContaining("outputType: SelectList");
        assertFails("postgres", " ", PermanentException.class).hasMessageContaining("the body is empty");
    }

    @Test
    void rowsOutliveTheKameletThatReadThem() {
        Result result = send("direct:kamelet", "SELECT n FROM generate_series(1, 5000) AS n");

        assertThat(result.rows).hasSize(5000);
    }

    @Test
    void settingsMayStandBeforeTheQuery() {
        Result result = send(
                "direct:three",
                "SET LOCAL statement_timeout = '10min'; SET LOCAL work_mem = '8MB';"
                        + " SELECT repeat('x', 200), generate_series(1, 100000000) AS n");

        assertThat(result.rows).extracting(row -> row.get("n")).containsExactly(1L, 2L, 3L);
        assertThat(send("direct:all", "SET LOCAL work_mem = '8MB'; SELECT :?x AS x", Map.of("x", 7)).rows)
                .containsExactly(Map.of("x", 7L));
    }

    @Test
    void twoQueriesInOneBodyAreRefused() {
        assertFails("postgres", "SELECT 1 AS id; SELECT 2 AS x", PermanentException.class)
                .hasMessageContaining("two queries in one body");
    }

    @Test
    void aColumnThatIsAddedMeanwhileIsRead() throws SQLException {
        execute("DROP TABLE IF EXISTS growing; CREATE TABLE growing (id int); INSERT INTO growing VALUES (1)");
        for (int i = 0; i < 3; i++) {
            assertThat(send("direct:all", "SELECT * FROM growing").rows).containsExactly(Map.of("id", 1L));
        }
        execute("ALTER TABLE growing ADD COLUMN name text DEFAULT 'new'");
        for (int i = 0; i < 3; i++) {
            assertThat(send("direct:all", "SELECT * FROM growing").rows)
                    .containsExactly(Map.of("id", 1L, "name", "new"));
        }
    }

    @Test
    void intervalsAreIsoWhateverTheRoleSays() throws SQLException {
        execute("ALTER ROLE shop SET intervalstyle = 'sql_standard'");
        try (HikariDataSource pool = pool(TestPostgres.url())) {
            MAIN.bind("standard", pool);
            assertThat(elsewhere("standard", "SELECT '10 mons -3 days 04:05:06.789'::interval AS i").rows)
                    .containsExactly(Map.of("i", "P10M-3DT4H5M6.789S"));
        } finally {
            execute("ALTER ROLE shop RESET intervalstyle");
        }
    }

    @Test
    void aQueryThatIsTooSlowForTheServerIsNotRepeated() {
        assertFails("postgres", "SET LOCAL statement_timeout = 100; SELECT pg_sleep(60)", PermanentException.class)
                .hasMessageContaining("statement timeout")
                .hasMessageContaining("SET LOCAL statement_timeout = '30min'");
    }

    @Test
    void certificatesThatAreNotThereOrWrongArePermanent() {
        for (String faulty : List.of("noCertificate", "wrongMode", "noTls")) {
            assertFails(faulty, "SELECT 1", PermanentException.class)
                    .hasMessageContaining("cannot establish a trusted TLS connection")
                    .hasMessageContaining("sslrootcert");
        }
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = POOL.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private record Result(List<Column> columns, List<Map<String, Object>> rows) {}

    private static void readAll(Exchange exchange) {
        read(exchange, Integer.MAX_VALUE);
    }

    private static void readThree(Exchange exchange) {
        read(exchange, 3);
    }

    private static void read(Exchange exchange, int limit) {
        Rows rows = exchange.getMessage().getBody(Rows.class);
        List<Map<String, Object>> all = new ArrayList<>();
        while (all.size() < limit && rows.hasNext()) {
            all.add(rows.next());
        }
        exchange.getMessage().setBody(new Result(rows.columns(), all));
    }

    private static HikariDataSource pool(String url) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(url);
        pool.setMinimumIdle(0);
        pool.setConnectionTimeout(2000);
        return pool;
    }

    private static Result send(String endpoint, String sql) {
        return send(endpoint, sql, Map.of());
    }

    private static Result send(String endpoint, String sql, Map<String, Object> headers) {
        return camel.requestBodyAndHeaders(endpoint, sql, headers, Result.class);
    }

    private static Result elsewhere(String where, String sql) {
        return send("direct:elsewhere", sql, Map.of("where", where));
    }

    private static org.assertj.core.api.AbstractThrowableAssert<?, ?> assertFails(
            String where, String sql, Class<? extends Throwable> type) {
        Throwable failure = catchThrowable(() -> elsewhere(where, sql));
        assertThat(failure).isInstanceOf(CamelExecutionException.class).hasStackTraceContaining(type.getName());
        assertThat(failure).satisfies(e -> assertThat(stackTrace(e)).doesNotContain("wr0ng-s3cret"));
        return assertThat(failure.getCause()).isInstanceOf(type);
    }

    private static String stackTrace(Throwable e) {
        java.io.StringWriter text = new java.io.StringWriter();
        e.printStackTrace(new java.io.PrintWriter(text));
        return text.toString();
    }
}
