package dev.caravan.snowflake.fake;

import static dev.caravan.snowflake.fake.DriverConnections.keys;
import static dev.caravan.snowflake.fake.DriverConnections.properties;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.luben.zstd.Zstd;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPOutputStream;
import net.snowflake.client.api.connection.SnowflakeConnection;
import net.snowflake.client.api.connection.UploadStreamConfig;
import net.snowflake.client.api.statement.SnowflakeStatement;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fake, called through the official driver. */
class FakeSnowflakeTest {

    private FakeSnowflake snowflake;

    @BeforeEach
    void start() {
        snowflake = FakeSnowflake.start();
        snowflake.user("SVC_DLT", DriverConnections.KEYS.getPublic());
        snowflake.execute("CREATE DATABASE DLT");
        snowflake.execute("CREATE SCHEMA DLT.SHOP");
    }

    @AfterEach
    void stop() {
        snowflake.close();
    }

    private Connection connect(Properties properties) throws SQLException {
        return DriverConnections.connect(snowflake, properties);
    }

    private Connection connect() throws SQLException {
        return connect(properties());
    }

    private static void execute(Connection connection, String... sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String one : sql) {
                statement.execute(one);
            }
        }
    }

    private static List<List<Object>> rows(Connection connection, String sql) throws SQLException {
        return FakeSession.query(connection, sql);
    }

    @Test
    void letsInWhoHasTheKey() throws Exception {
        try (Connection connection = connect()) {
            assertThat(connection.isValid(5)).isTrue();
            assertThat(rows(
                            connection,
                            "SELECT CURRENT_USER(), CURRENT_ROLE(), current_warehouse(), CURRENT_DATABASE(),"
                                    + " CURRENT_SCHEMA()"))
                    .containsExactly(List.of("SVC_DLT", "PUBLIC", "LOADING", "DLT", "SHOP"));
        }
        assertThat(snowflake.sessions()).isZero();
    }

    @Test
    void refusesAnotherKey() {
        Properties properties = properties();
        properties.put("privateKey", keys().getPrivate());

        assertThatThrownBy(() -> connect(properties))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getErrorCode()).isEqualTo(390144));
    }

    @Test
    void bindsValuesOfAllTypes() throws Exception {
        try (Connection connection = connect()) {
            execute(
                    connection,
                    "CREATE TABLE T (N NUMBER, D NUMBER(38,10), F FLOAT, S VARCHAR, B BOOLEAN, X BINARY, D1 DATE, T1 TIME,"
                            + " TS TIMESTAMP_NTZ, V VARIANT)");
            try (PreparedStatement insert =
                    connection.prepareStatement("INSERT INTO T SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, PARSE_JSON(?)")) {
                insert.setLong(1, Long.MAX_VALUE);
                insert.setBigDecimal(2, new BigDecimal("9999999999999999999999999999.0123456789"));
                insert.setDouble(3, 0.1 + 0.2);
                insert.setString(4, "it's \\ \"x\"");
                insert.setBoolean(5, true);
                insert.setBytes(6, "bytes".getBytes(StandardCharsets.UTF_8));
                insert.setDate(7, java.sql.Date.valueOf("2026-01-31"));
                insert.setTime(8, java.sql.Time.valueOf("10:11:12"));
                insert.setTimestamp(9, java.sql.Timestamp.valueOf("2026-01-31 10:11:12.123456"));
                insert.setString(10, "{\"b\": [1, 2.50], \"a\": null}");
                assertThat(insert.executeUpdate()).isEqualTo(1);
            }
            List<Object> row = rows(connection, "SELECT * FROM DLT.SHOP.T").get(0);
            assertThat(row.subList(0, 5))
                    .containsExactly(
                            Long.MAX_VALUE,
                            new BigDecimal("9999999999999999999999999999.0123456789"),
                            0.1 + 0.2,
                            "it's \\ \"x\"",
                            true);
            assertThat((byte[]) row.get(5)).isEqualTo("bytes".getBytes(StandardCharsets.UTF_8));
            assertThat(row.subList(6, 9))
                    .extracting(Object::toString)
                    .containsExactly("2026-01-31", "10:11:12", "2026-01-31 10:11:12.123456");
            assertThat(row.get(9)).isEqualTo("{\n  \"a\": null,\n  \"b\": [\n    1,\n    2.50\n  ]\n}");
        }
    }

    private static int code(ThrowingCallable call) {
        return ((SQLException) catchThrowable(call)).getErrorCode();
    }

    private Properties with(String name, Object value) {
        Properties properties = properties();
        properties.remove("privateKey");
        properties.put(name, value);
        return properties;
    }

    @Nested
    class Logins {

        @Test
        void byASecondKeyTokenOrPassword() throws Exception {
            KeyPair second = keys();
            snowflake.user("SVC_DLT").key(second.getPublic());
            snowflake
                    .user("SVC_DLT")
                    .programmaticToken("pat")
                    .oauthToken("access")
                    .password("secret");

            connect(with("privateKey", second.getPrivate())).close();
            Properties pat = with("authenticator", "PROGRAMMATIC_ACCESS_TOKEN");
            pat.put("token", "pat");
            connect(pat).close();
            Properties oauth = with("authenticator", "oauth");
            oauth.put("token", "access");
            connect(oauth).close();
            connect(with("password", "secret")).close();

            pat.put("token", "other");
            assertThat(code(() -> connect(pat))).isEqualTo(394400);
            oauth.put("token", "other");
            assertThat(code(() -> connect(oauth))).isEqualTo(390303);
            assertThat(code(() -> connect(with("password", "wrong")))).isEqualTo(390100);
        }

        @Test
        void failForTheirReasons() {
            snowflake.user("SVC_DLT").roles("LOADER");
            Properties role = properties();
            role.put("role", "OTHER");
            assertThat(code(() -> connect(role))).isEqualTo(390189);

            Properties schema = properties();
            schema.put("schema", "NOPE");
            schema.put("validateDefaultParameters", "true");
            assertThat(code(() -> connect(schema))).isEqualTo(390201);

            snowflake.user("SVC_DLT").disabled(true);
            assertThat(code(() -> connect())).isEqualTo(390101);
            snowflake.user("SVC_DLT").disabled(false);

            snowflake.refuseLogin(390422, "IP address 10.0.0.1 is not allowed to access Snowflake.");
            assertThat(code(() -> connect())).isEqualTo(390422);
        }

        @Test
        void dependOnTheClocks() throws Exception {
            snowflake.clockSkew(Duration.ofMinutes(5));
            assertThat(code(() -> connect())).isEqualTo(390144);
            String date = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(URI.create(snowflake.url())).build(), BodyHandlers.discarding())
                    .headers()
                    .firstValue("Date")
                    .orElseThrow();
            assertThat(Duration.between(Instant.now(), DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from)))
                    .isBetween(Duration.ofMinutes(4), Duration.ofMinutes(6));

            snowflake.clockSkew(Duration.ofSeconds(20));
            connect().close();
        }

        @Test
        void leaveTheCauseForTheAdministrator() throws Exception {
            Properties properties = properties();
            properties.put("privateKey", keys().getPrivate());
            String message = catchThrowable(() -> connect(properties)).getMessage();
            String id = message.replaceFirst("(?s).*\\[(.*)].*", "$1");

            try (Connection connection = connect()) {
                assertThat(rows(connection, "SELECT SYSTEM$GET_LOGIN_FAILURE_DETAILS('" + id + "')")
                                .get(0)
                                .get(0)
                                .toString())
                        .contains("FINGERPRINT_MISMATCH");
            }
        }

        @Test
        void areRenewedWhenTheTokenExpires() throws Exception {
            try (Connection connection = connect()) {
                execute(connection, "CREATE TEMPORARY TABLE KEPT (I NUMBER)");
                snowflake.expireTokens();
                assertThat(rows(connection, "SELECT COUNT(*) FROM KEPT")).containsExactly(List.of(0L));

                snowflake.endSessions();
                assertThat(catchThrowable(() -> rows(connection, "SELECT 1"))).isInstanceOf(SQLException.class);
            }
        }
    }

    @Nested
    class Identifiers {

        @Test
        void foldToUpperCaseUnlessQuoted() throws Exception {
            try (Connection connection = connect()) {
                execute(
                        connection,
                        "CREATE TABLE t (a NUMBER, \"a\" NUMBER, \"Mixed ~ Name\" NUMBER)",
                        "INSERT INTO T (A, \"a\", \"Mixed ~ Name\") VALUES (1, 2, 3)");
                try (Statement statement = connection.createStatement();
                        ResultSet rows = statement.executeQuery("SELECT *, a + \"a\", COUNT(*) over () FROM t")) {
                    assertThat(rows.getMetaData().getColumnLabel(1)).isEqualTo("A");
                    assertThat(rows.getMetaData().getColumnLabel(2)).isEqualTo("a");
                    assertThat(rows.getMetaData().getColumnLabel(3)).isEqualTo("Mixed ~ Name");
                    rows.next();
                    assertThat(rows.getInt(4)).isEqualTo(3);
                }
                try (Statement statement = connection.createStatement();
                        ResultSet rows = statement.executeQuery("SELECT count(*), 1 as one from t")) {
                    assertThat(rows.getMetaData().getColumnLabel(1)).isEqualTo("COUNT(*)");
                    assertThat(rows.getMetaData().getColumnLabel(2)).isEqualTo("ONE");
                }
                assertThat(code(() -> execute(connection, "SELECT \"mixed ~ name\" FROM T")))
                        .isEqualTo(904);
                assertThat(code(() -> execute(connection, "SELECT * FROM \"t\"")))
                        .isEqualTo(2003);
                execute(connection, "CREATE TABLE \"t\" (I NUMBER)");
                assertThat(rows(connection, "SELECT TABLE_NAME FROM DLT.INFORMATION_SCHEMA.TABLES ORDER BY 1"))
                        .containsExactly(List.of("T"), List.of("t"));
                assertThat(rows(connection, "SHOW TABLES LIKE 't' IN SCHEMA DLT.SHOP"))
                        .extracting(row -> row.get(1))
                        .containsExactly("T", "t");
            }
        }

        @Test
        void ofTypesAreThoseOfSnowflake() throws Exception {
            try (Connection connection = connect()) {
                execute(
                        connection,
                        "CREATE TABLE T (A INTEGER PRIMARY KEY, B NUMBER(10,2), C STRING, D VARCHAR(7), E DOUBLE, F BINARY,"
                                + " G TIMESTAMP, H TIMESTAMP_LTZ, I TIMESTAMP_TZ, J VARIANT, K TIME, L DATE NOT NULL)");
                assertThat(rows(connection, "DESCRIBE TABLE T"))
                        .extracting(row -> row.get(1) + " " + row.get(3))
                        .containsExactly(
                                "NUMBER(38,0) N",
                                "NUMBER(10,2) Y",
                                "VARCHAR(16777216) Y",
                                "VARCHAR(7) Y",
                                "FLOAT Y",
                                "BINARY(8388608) Y",
                                "TIMESTAMP_NTZ(9) Y",
                                "TIMESTAMP_LTZ(9) Y",
                                "TIMESTAMP_TZ(9) Y",
                                "VARIANT Y",
                                "TIME(9) Y",
                                "DATE N");
                assertThat(rows(
                                connection,
                                "SELECT DATA_TYPE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'T'"
                                        + " ORDER BY ORDINAL_POSITION"))
                        .extracting(row -> row.get(0))
                        .containsExactly(
                                "NUMBER",
                                "NUMBER",
                                "TEXT",
                                "TEXT",
                                "FLOAT",
                                "BINARY",
                                "TIMESTAMP_NTZ",
                                "TIMESTAMP_LTZ",
                                "TIMESTAMP_TZ",
                                "VARIANT",
                                "TIME",
                                "DATE");
                execute(connection, "ALTER TABLE T ALTER COLUMN B SET DATA TYPE NUMBER(12,2)");
                for (String type : List.of("NUMBER(12,3)", "NUMBER(5,2)", "VARCHAR")) {
                    assertThat(code(() -> execute(connection, "ALTER TABLE T ALTER COLUMN B SET DATA TYPE " + type)))
                            .isEqualTo(2108);
                }
                try (ResultSet columns = connection.getMetaData().getColumns("DLT", "SHOP", "T", "B")) {
                    assertThat(columns.next()).isTrue();
                    assertThat(columns.getInt("DECIMAL_DIGITS")).isEqualTo(2);
                }
            }
        }
    }

    @Nested
    class Transactions {

        @Test
        void outliveAStatementThatFails() throws Exception {
            try (Connection connection = connect()) {
                execute(connection, "CREATE TABLE T (I NUMBER)", "BEGIN", "INSERT INTO T VALUES (1)");
                assertThat(code(() -> execute(connection, "INSERT INTO T VALUES ('x')")))
                        .isEqualTo(100038);
                assertThat(code(() -> execute(connection, "SELEKT"))).isEqualTo(1003);
                execute(connection, "INSERT INTO T VALUES (2)", "COMMIT");
                assertThat(rows(connection, "SELECT I FROM T ORDER BY I")).containsExactly(List.of(1L), List.of(2L));

                execute(connection, "BEGIN", "DELETE FROM T");
                assertThat(code(() -> execute(connection, "SELECT NOPE FROM T")))
                        .isEqualTo(904);
                execute(connection, "ROLLBACK");
                assertThat(rows(connection, "SELECT COUNT(*) FROM T")).containsExactly(List.of(2L));
            }
        }

        @Test
        void areCommittedByDdl() throws Exception {
            try (Connection connection = connect()) {
                execute(
                        connection,
                        "CREATE TABLE T (I NUMBER)",
                        "BEGIN",
                        "INSERT INTO T VALUES (1)",
                        "CREATE TEMPORARY TABLE U (I NUMBER)",
                        "INSERT INTO T VALUES (2)",
                        "ROLLBACK");
                assertThat(rows(connection, "SELECT COUNT(*) FROM T")).containsExactly(List.of(2L));
            }
        }

        @Test
        void beginByThemselvesWithoutAutocommit() throws Exception {
            try (Connection connection = connect()) {
                execute(connection, "CREATE TABLE T (I NUMBER)");
                connection.setAutoCommit(false);
                execute(connection, "INSERT INTO T VALUES (1)");
                connection.rollback();
                execute(connection, "INSERT INTO T VALUES (2)");
                connection.commit();
            }
            assertThat(snowflake.query("SELECT CAST(I AS VARCHAR) FROM DLT.SHOP.T"))
                    .containsExactly(List.of("2"));
        }

        /** Two that raise the same version: the second one waits for the first one's commit, and then finds nothing. */
        @Test
        void seeWhatIsCommittedWhenEachStatementBegins() throws Exception {
            snowflake.execute("CREATE TABLE DLT.SHOP.S (V NUMBER)");
            snowflake.execute("INSERT INTO DLT.SHOP.S VALUES (1)");
            String raise = "UPDATE S SET V = V + 1 WHERE V = 1";
            try (Connection one = connect();
                    Connection other = connect()) {
                execute(one, "BEGIN", "SELECT * FROM S");
                execute(other, "BEGIN", "SELECT * FROM S");
                try (Statement statement = one.createStatement()) {
                    assertThat(statement.executeUpdate(raise)).isEqualTo(1);
                }
                CompletableFuture<Integer> second = CompletableFuture.supplyAsync(() -> {
                    try (Statement statement = other.createStatement()) {
                        return statement.executeUpdate(raise);
                    } catch (SQLException e) {
                        throw new IllegalStateException(e);
                    }
                });
                assertThatThrownBy(() -> second.get(300, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
                execute(one, "COMMIT");
                assertThat(second.get(10, TimeUnit.SECONDS)).isZero();
                assertThat(rows(other, "SELECT V FROM S")).containsExactly(List.of(2L));
                execute(other, "ROLLBACK");
            }
        }

        @Test
        void ofASessionThatEndsAreUndone() throws Exception {
            snowflake.execute("CREATE TABLE DLT.SHOP.T (I NUMBER)");
            Connection connection = connect();
            execute(connection, "BEGIN", "DELETE FROM T", "INSERT INTO T VALUES (1)");
            snowflake.endSessions();

            assertThat(snowflake.execute("DELETE FROM DLT.SHOP.T")).isZero();
        }
    }

    @Nested
    class Statements {

        @Test
        void countWhatTheyChange() throws Exception {
            try (Connection connection = connect();
                    Statement statement = connection.createStatement()) {
                execute(connection, "CREATE TABLE T (ID NUMBER, V VARCHAR)", "CREATE TABLE S (ID NUMBER, V VARCHAR)");
                assertThat(statement.executeUpdate("INSERT INTO T VALUES (1, 'a'), (2, 'b')"))
                        .isEqualTo(2);
                assertThat(statement.executeUpdate("INSERT INTO S VALUES (2, 'B'), (3, 'c'), (4, 'd')"))
                        .isEqualTo(3);
                String merge = "MERGE INTO T t USING (SELECT ID AS v0, V AS v1 FROM S) s ON t.ID = s.v0"
                        + " WHEN MATCHED AND (t.V IS DISTINCT FROM s.v1) THEN UPDATE SET t.V = s.v1"
                        + " WHEN NOT MATCHED THEN INSERT (ID, V) VALUES (s.v0, s.v1)";
                assertThat(rows(connection, merge)).containsExactly(List.of(2L, 1L));
                assertThat(statement.executeUpdate(merge)).isZero();
                assertThat(statement.executeUpdate("UPDATE T SET V = 'x' WHERE ID < 3"))
                        .isEqualTo(2);
                assertThat(statement.executeUpdate("INSERT OVERWRITE INTO T (ID, V) SELECT ID, V FROM T WHERE ID > 1"))
                        .isEqualTo(3);
                assertThat(statement.executeUpdate("DELETE FROM T WHERE ID = 2"))
                        .isEqualTo(1);
                execute(connection, "TRUNCATE TABLE T");
                assertThat(rows(connection, "SELECT COUNT(*) FROM T")).containsExactly(List.of(0L));
            }
        }

        @Test
        void thatMergeTwoRowsIntoOneFail() throws Exception {
            try (Connection connection = connect()) {
                execute(
                        connection,
                        "CREATE TABLE T (ID NUMBER, V VARCHAR)",
                        "INSERT INTO T VALUES (1, 'a')",
                        "CREATE TEMPORARY TABLE S (ID NUMBER, V VARCHAR)",
                        "INSERT INTO S VALUES (1, 'b'), (1, 'c')");
                assertThatThrownBy(() -> execute(
                                connection, "MERGE INTO T USING S ON T.ID = S.ID WHEN MATCHED THEN UPDATE SET V = S.V"))
                        .hasMessageContaining("Duplicate row detected during DML action")
                        .isInstanceOfSatisfying(SQLException.class, e -> {
                            assertThat(e.getErrorCode()).isEqualTo(100090);
                            assertThat(e.getSQLState()).isEqualTo("42P18");
                        });
            }
        }

        @Test
        void inOneTextRunOneAfterTheOther() throws Exception {
            try (Connection connection = connect();
                    Statement statement = connection.createStatement()) {
                assertThat(code(() -> execute(connection, "SELECT 1; SELECT 2")))
                        .isEqualTo(8);
                statement.unwrap(SnowflakeStatement.class).setParameter("MULTI_STATEMENT_COUNT", 0);
                statement.execute("CREATE TABLE T (I NUMBER); INSERT INTO T VALUES (1), (2); SELECT 'a;b' FROM T;");
                List<Object> results = new ArrayList<>();
                do {
                    results.add(statement.getResultSet() == null ? statement.getUpdateCount() : "rows");
                } while (statement.getMoreResults() || statement.getUpdateCount() >= 0);
                assertThat(results).containsExactly(0, 2, "rows");
            }
        }

        @Test
        void doNotRunWithoutAWarehouse() throws Exception {
            Properties properties = properties();
            properties.remove("warehouse");
            try (Connection connection = connect(properties)) {
                execute(connection, "CREATE TABLE T (I NUMBER)", "SHOW TABLES", "SELECT 1");
                assertThat(code(() -> execute(connection, "SELECT * FROM T"))).isEqualTo(606);
            }
        }

        @Test
        void unpackJson() throws Exception {
            try (Connection connection = connect()) {
                execute(
                        connection,
                        "CREATE TABLE RATES (D DATE, R VARIANT)",
                        "INSERT INTO RATES SELECT '2026-01-01', PARSE_JSON('{\"USD\": 1, \"EUR\": 0.88, \"of\": {\"X\": \"y\"}}')",
                        "CREATE VIEW DAILY AS SELECT R.D, F.KEY AS CURRENCY, F.VALUE::FLOAT AS RATE"
                                + " FROM DLT.SHOP.RATES R, LATERAL FLATTEN(INPUT => R.R) F WHERE F.KEY <> 'of'");
                assertThat(rows(connection, "SELECT CURRENCY, RATE FROM DAILY ORDER BY 1"))
                        .containsExactly(List.of("EUR", 0.88), List.of("USD", 1.0));
                assertThat(rows(connection, "SELECT R:EUR::NUMBER(10,1), R:of.X::VARCHAR, TO_JSON(R:of) FROM RATES"))
                        .containsExactly(List.of(new BigDecimal("0.9"), "y", "{\"X\":\"y\"}"));
                execute(connection, "ALTER SESSION SET JSON_INDENT = 0");
                assertThat(rows(connection, "SELECT R FROM RATES"))
                        .containsExactly(List.of("{\"EUR\":0.88,\"USD\":1,\"of\":{\"X\":\"y\"}}"));
                assertThat(code(() -> execute(connection, "SELECT PARSE_JSON('{')")))
                        .isEqualTo(100069);
            }
        }

        @Test
        void makeNoOtherTypesOfTextThanSnowflakeDoes() throws Exception {
            try (Connection connection = connect()) {
                execute(
                        connection,
                        "CREATE TABLE T (V VARIANT, B BINARY, N NUMBER)",
                        "INSERT INTO T (N) SELECT '12'",
                        "INSERT INTO T (V, B) SELECT PARSE_JSON('1'), TO_BINARY('0a', 'HEX')");
                assertThat(code(() -> execute(connection, "INSERT INTO T (V) SELECT '1'")))
                        .isEqualTo(2023);
                assertThat(code(() -> execute(connection, "INSERT INTO T (N, B) SELECT 1, '0a'")))
                        .isEqualTo(2023);
                assertThat(rows(connection, "SELECT TRY_CAST('x' AS NUMBER), TRY_CAST('1.5' AS FLOAT)"))
                        .containsExactly(Arrays.asList(null, 1.5));
                assertThat(code(() -> execute(connection, "SELECT TRY_CAST(N AS FLOAT) FROM T")))
                        .isEqualTo(1065);
            }
        }

        @Test
        void ofABatchAreOne() throws Exception {
            try (Connection connection = connect()) {
                execute(
                        connection,
                        "CREATE TEMPORARY TABLE T (N NUMBER, F FLOAT, B BINARY, S VARCHAR, TS TIMESTAMP_TZ)");
                try (PreparedStatement insert = connection.prepareStatement("INSERT INTO T VALUES (?, ?, ?, ?, ?)")) {
                    for (int i = 0; i < 1000; i++) {
                        insert.setString(1, String.valueOf(i));
                        insert.setString(2, i == 0 ? "NaN" : "1.5");
                        if (i % 2 == 0) {
                            insert.setNull(3, Types.BINARY);
                        } else {
                            insert.setBytes(3, new byte[] {(byte) i});
                        }
                        insert.setString(4, i == 0 ? null : "text " + i);
                        insert.setString(5, "2026-01-01T10:00:00.123456+00:00");
                        insert.addBatch();
                    }
                    assertThat(insert.executeBatch()).hasSize(1000).containsOnly(1);
                }
                assertThat(rows(connection, "SELECT COUNT(*), COUNT(B), COUNT(S), SUM(N) FROM T"))
                        .containsExactly(List.of(1000L, 500L, 999L, 499_500L));
            }
            assertThat(snowflake.statements().stream().filter(s -> s.sql().startsWith("INSERT")))
                    .hasSize(1)
                    .allSatisfy(s -> assertThat(s.bindings().get(0).values()).hasSize(1000));
        }

        @Test
        void ofAHugeBatchBindThroughAStage() throws Exception {
            Properties properties = properties();
            properties.put("CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "1000");
            try (Connection connection = connect(properties)) {
                execute(connection, "CREATE TEMPORARY TABLE T (N NUMBER, S VARCHAR)");
                try (PreparedStatement insert = connection.prepareStatement("INSERT INTO T VALUES (?, ?)")) {
                    for (int i = 0; i < 1000; i++) {
                        insert.setInt(1, i);
                        insert.setString(2, i % 2 == 0 ? null : "\"text\", " + i);
                        insert.addBatch();
                    }
                    insert.executeBatch();
                }
                assertThat(rows(connection, "SELECT COUNT(*), COUNT(S), SUM(N), MAX(S) FROM T"))
                        .containsExactly(List.of(1000L, 500L, 499_500L, "\"text\", 999"));
            }
            assertThat(snowflake.statements()).anyMatch(s -> s.sql().startsWith("put "));
        }

        @Test
        void areRecorded() throws Exception {
            try (Connection connection = connect()) {
                execute(connection, "CREATE TABLE T (I NUMBER)");
                try (PreparedStatement insert = connection.prepareStatement("INSERT INTO T SELECT ?")) {
                    insert.setInt(1, 7);
                    insert.executeUpdate();
                }
            }
            assertThat(snowflake.statements())
                    .extracting(ReceivedStatement::sql)
                    .containsExactly("CREATE TABLE T (I NUMBER)", "INSERT INTO T SELECT ?");
            assertThat(snowflake.statements().get(1).queryTag()).isEqualTo("a test");
            assertThat(snowflake.statements().get(1).bindings().get(0).toString())
                    .isEqualTo("FIXED:7");
        }

        @Test
        void canBeAnsweredByOthers() throws Exception {
            snowflake.handle((session, sql) -> sql.equals("SHOW PIPES")
                    ? Optional.of(Reply.table(Reply.SHOW, List.of("name"), List.of(List.of(session.user()))))
                    : Optional.empty());
            try (Connection connection = connect()) {
                assertThat(rows(connection, "SHOW PIPES")).containsExactly(List.of("SVC_DLT"));
                assertThat(code(() -> execute(connection, "SHOW GRANTS"))).isEqualTo(2);
            }
        }
    }

    @Nested
    class TemporaryTables {

        @Test
        void belongToTheirSession() throws Exception {
            try (Connection one = connect();
                    Connection other = connect()) {
                execute(
                        one,
                        "CREATE TABLE T (I NUMBER)",
                        "CREATE TEMPORARY TABLE DLT.SHOP.\"_tmp\" (I NUMBER)",
                        "CREATE TEMPORARY TABLE T (J NUMBER)",
                        "INSERT INTO \"DLT\".\"SHOP\".\"_tmp\" VALUES (1)",
                        "INSERT INTO T (J) SELECT I FROM \"_tmp\"");
                assertThat(code(() -> execute(other, "SELECT * FROM DLT.SHOP.\"_tmp\"")))
                        .isEqualTo(2003);
                execute(other, "CREATE TEMPORARY TABLE DLT.SHOP.\"_tmp\" (K NUMBER)");
                assertThat(rows(other, "SELECT COUNT(*) FROM T")).containsExactly(List.of(0L));
                assertThat(rows(one, "SELECT COUNT(*) FROM DLT.SHOP.T")).containsExactly(List.of(1L));
                assertThat(rows(one, "DESC TABLE T"))
                        .extracting(row -> row.get(0))
                        .containsExactly("J");
                execute(one, "DROP TABLE T");
                assertThat(rows(one, "SELECT COUNT(*) FROM DLT.SHOP.T")).containsExactly(List.of(0L));
            }
        }
    }

    @Nested
    class FilesInStages {

        @TempDir
        Path directory;

        private Path gzip(String name, String content) throws IOException {
            Path file = directory.resolve(name);
            try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
                out.write(content.getBytes(StandardCharsets.UTF_8));
            }
            return file;
        }

        private void put(Connection connection, Path file, String stage) throws SQLException {
            execute(
                    connection,
                    "PUT '" + file.toUri() + "' @" + stage
                            + " AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=GZIP OVERWRITE=TRUE");
        }

        @Test
        void areLoadedOnce() throws Exception {
            try (Connection connection = connect()) {
                execute(
                        connection,
                        "CREATE TEMPORARY STAGE DLT.SHOP.\"my stage\"",
                        "CREATE TABLE T (N NUMBER(38,0), D NUMBER(10,2), F FLOAT, S VARCHAR, B BINARY, TS TIMESTAMP_NTZ, V VARIANT)");
                put(
                        connection,
                        gzip(
                                "rows-1.csv.gz",
                                "1,1.25,inf,\"a \"\"b\"\", c\n\\N\",0aff,2026-01-01T10:00:00.123456,\"{\"\"a\"\":1}\"\n2,,,\"\",,,\n"),
                        "DLT.SHOP.\"my stage\"");
                String copy =
                        "COPY INTO T FROM @DLT.SHOP.\"my stage\" FILES = ('rows-1.csv.gz') FILE_FORMAT = (TYPE = CSV"
                                + " COMPRESSION = GZIP FIELD_OPTIONALLY_ENCLOSED_BY = '\"' ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = ()"
                                + " EMPTY_FIELD_AS_NULL = TRUE) ON_ERROR = ABORT_STATEMENT";
                assertThat(rows(connection, copy))
                        .extracting(row -> row.subList(0, 4))
                        .containsExactly(List.of("my stage/rows-1.csv.gz", "LOADED", 2L, 2L));
                assertThat(rows(connection, copy)).containsExactly(List.of("Copy executed with 0 files processed."));
                assertThat(rows(
                                connection,
                                "SELECT N, D, F, S, HEX_ENCODE(B), TO_VARCHAR(TS, 'YYYY-MM-DD HH24:MI:SS.FF6'),"
                                        + " TO_JSON(V) FROM T ORDER BY N"))
                        .containsExactly(
                                List.of(
                                        1L,
                                        new BigDecimal("1.25"),
                                        Double.POSITIVE_INFINITY,
                                        "a \"b\", c\n\\N",
                                        "0AFF",
                                        "2026-01-01 10:00:00.123456",
                                        "{\"a\":1}"),
                                Arrays.asList(2L, null, null, "", null, null, null));
                assertThat(rows(connection, "LIST @DLT.SHOP.\"my stage\"")).hasSize(1);
                assertThat(rows(connection, "REMOVE @DLT.SHOP.\"my stage\"/rows-1.csv.gz"))
                        .containsExactly(List.of("my stage/rows-1.csv.gz", "removed"));
                assertThat(code(() -> rows(connection, copy))).isEqualTo(91016);
            }
        }

        @Test
        void withErrorsChangeNothingUnlessTold() throws Exception {
            try (Connection connection = connect();
                    Statement statement = connection.createStatement()) {
                execute(connection, "CREATE STAGE ST", "CREATE TABLE T (N NUMBER, S VARCHAR)", "BEGIN");
                assertThat(statement.executeUpdate("INSERT INTO T VALUES (0, 'kept')"))
                        .isEqualTo(1);
                put(connection, gzip("bad.csv.gz", "1,a\nx,b\n3,c\n"), "ST/sub");
                put(connection, gzip("good.csv.gz", "4,d\n"), "ST/sub");
                assertThatThrownBy(() -> execute(connection, "COPY INTO T FROM @ST/sub/ ON_ERROR = ABORT_STATEMENT"))
                        .hasMessageContaining("Numeric value 'x' is not recognized")
                        .hasMessageContaining("File 'sub/bad.csv.gz', line 2");
                execute(connection, "COMMIT");
                assertThat(rows(connection, "SELECT COUNT(*) FROM T")).containsExactly(List.of(1L));
                assertThat(rows(connection, "COPY INTO T FROM @ST/sub/ ON_ERROR = SKIP_FILE PURGE = TRUE"))
                        .extracting(row -> row.subList(1, 4))
                        .containsExactly(List.of("LOAD_FAILED", 3L, 0L), List.of("LOADED", 1L, 1L));
                assertThat(snowflake.files("DLT.SHOP.ST")).containsExactly("sub/bad.csv.gz");
                assertThat(statement.executeUpdate("COPY INTO T FROM @ST/sub/ ON_ERROR = CONTINUE"))
                        .isEqualTo(2);
                assertThat(rows(connection, "SELECT N FROM T ORDER BY N"))
                        .containsExactly(List.of(0L), List.of(1L), List.of(3L), List.of(4L));
            }
        }

        @Test
        void whoseLinesAreOfDifferentLengthsAreRefusedWhateverIsIgnored() throws Exception {
            try (Connection connection = connect()) {
                execute(connection, "CREATE STAGE ST", "CREATE TABLE T (N NUMBER, S VARCHAR, X VARCHAR)");
                put(connection, gzip("short.csv.gz", "1,a\n2,b\n"), "ST");
                put(connection, gzip("mixed.csv.gz", "3,c\n4,d,e\n"), "ST");
                String copy = "COPY INTO T FROM @ST FILES = ('%s.csv.gz') FILE_FORMAT = (TYPE = CSV"
                        + " ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE) ON_ERROR = ABORT_STATEMENT";

                execute(connection, copy.formatted("short"));
                assertThatThrownBy(() -> execute(connection, copy.formatted("mixed")))
                        .hasMessageContaining("Number of columns in file (3)");
                assertThat(rows(connection, "SELECT COUNT(*) FROM T")).containsExactly(List.of(2L));
            }
        }

        @Test
        void ofJsonAreTransformed() throws Exception {
            try (Connection connection = connect()) {
                execute(
                        connection,
                        "CREATE STAGE ST FILE_FORMAT = (TYPE = JSON)",
                        "CREATE TABLE T (BASE VARCHAR, RATES VARIANT, AT NUMBER, FILE VARCHAR)");
                connection
                        .unwrap(SnowflakeConnection.class)
                        .uploadStream(
                                "@ST",
                                "2026/day.json",
                                new ByteArrayInputStream("{\"base\":\"USD\",\"rates\":{\"EUR\":0.88},\"timestamp\":17}"
                                        .getBytes(StandardCharsets.UTF_8)),
                                UploadStreamConfig.builder()
                                        .setCompressData(true)
                                        .build());
                execute(
                        connection,
                        "COPY INTO T FROM (SELECT $1:base::VARCHAR, $1:rates, t.$1:timestamp::NUMBER, METADATA$FILENAME FROM @ST t)");
                assertThat(rows(connection, "SELECT BASE, TO_JSON(RATES), AT, FILE FROM T"))
                        .containsExactly(List.of("USD", "{\"EUR\":0.88}", 17L, "2026/day.json.gz"));
            }
        }

        @Test
        void areOfTheCompressionThatIsNamed() throws Exception {
            Path file = directory.resolve("rows.csv.zst");
            Files.write(file, Zstd.compress("1,a\n2,b\n".getBytes(StandardCharsets.UTF_8)));
            try (Connection connection = connect()) {
                execute(connection, "CREATE STAGE ST", "CREATE TABLE T (N NUMBER, S VARCHAR)");
                String put = "PUT '" + file.toUri() + "' @ST AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=";
                execute(connection, put + "ZSTD");
                assertThatThrownBy(() -> execute(connection, put + "ZST")).hasMessageContaining("SOURCE_COMPRESSION");

                String copy =
                        "COPY INTO T FROM @ST FILES = ('rows.csv.zst') FILE_FORMAT = (TYPE = CSV COMPRESSION = %s)";
                assertThatThrownBy(() -> execute(connection, copy.formatted("GZIP")))
                        .isInstanceOf(SQLException.class);
                execute(connection, copy.formatted("ZSTD"));
                assertThat(rows(connection, "SELECT COUNT(*) FROM T")).containsExactly(List.of(2L));
            }
        }

        @Test
        void goWithTheSessionIfTheStageIsTemporary() throws Exception {
            try (Connection one = connect();
                    Connection other = connect()) {
                execute(one, "CREATE TEMPORARY STAGE ST");
                execute(other, "CREATE TEMPORARY STAGE ST");
                put(one, gzip("a.csv.gz", "1\n"), "ST");
                assertThat(rows(one, "LIST @ST")).hasSize(1);
                assertThat(rows(other, "LIST @ST")).isEmpty();
            }
            assertThat(snowflake.stages()).isEmpty();
        }
    }

    @Nested
    class Faults {

        @Test
        void areErrorsOfSnowflakes() throws Exception {
            snowflake.fail("insert into t", 604, "57014", "SQL execution canceled", 1);
            try (Connection connection = connect()) {
                execute(connection, "CREATE TABLE T (I NUMBER)");
                assertThatThrownBy(() -> execute(connection, "INSERT INTO T VALUES (1)"))
                        .isInstanceOfSatisfying(SQLException.class, e -> {
                            assertThat(e.getErrorCode()).isEqualTo(604);
                            assertThat(e.getSQLState()).isEqualTo("57014");
                        });
                execute(connection, "INSERT INTO T VALUES (1)");
                assertThat(rows(connection, "SELECT COUNT(*) FROM T")).containsExactly(List.of(1L));
            }
        }

        @Test
        void areRepliesThatGetLost() throws Exception {
            try (Connection connection = connect()) {
                execute(connection, "CREATE TABLE T (I NUMBER)", "BEGIN", "INSERT INTO T VALUES (1)");
                snowflake.loseReply("^COMMIT", 1);
                execute(connection, "COMMIT");
                assertThat(snowflake.query("SELECT COUNT(*) FROM DLT.SHOP.T")).containsExactly(List.of(1L));

                snowflake.loseReply("INSERT", Integer.MAX_VALUE);
                assertThat(code(() -> execute(connection, "INSERT INTO T VALUES (2)")))
                        .isEqualTo(200015);
            }
            assertThat(snowflake.query("SELECT COUNT(*) FROM DLT.SHOP.T")).containsExactly(List.of(2L));
        }

        @Test
        void areAnswersThatTakeTheirTime() throws Exception {
            snowflake.slow("SELECT 1", Duration.ofMinutes(1));
            try (Connection connection = connect();
                    Statement statement = connection.createStatement()) {
                statement.setQueryTimeout(1);
                assertThat(code(() -> statement.executeQuery("SELECT 1"))).isEqualTo(604);
                assertThat(rows(connection, "SELECT 2")).containsExactly(List.of(2L));
            }
        }

        @Test
        void areRequestsThatFindNobody() throws Exception {
            try (Connection connection = connect()) {
                snowflake.unavailable(1);
                assertThat(rows(connection, "SELECT 1")).containsExactly(List.of(1L));
                snowflake.unavailable(1_000_000);
                assertThat(code(() -> rows(connection, "SELECT 1"))).isEqualTo(200015);
                snowflake.clearFaults();
                assertThat(rows(connection, "SELECT 1")).containsExactly(List.of(1L));
            }
        }
    }
}
