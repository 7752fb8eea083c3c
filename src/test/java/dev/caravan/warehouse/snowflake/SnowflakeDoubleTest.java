package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import net.snowflake.client.api.driver.SnowflakeDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The double, driven by the official driver. */
class SnowflakeDoubleTest {

    private static final KeyPair KEYS = keys();

    private final Driver driver = new SnowflakeDriver();
    private SnowflakeDouble snowflake;

    private static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void start() {
        snowflake = SnowflakeDouble.start();
        snowflake.user("SVC_DLT", KEYS.getPublic());
        snowflake.execute("CREATE DATABASE DLT");
        snowflake.execute("CREATE SCHEMA DLT.SHOP");
    }

    @AfterEach
    void stop() {
        snowflake.close();
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.put("account", "double");
        properties.put("user", "SVC_DLT");
        properties.put("privateKey", KEYS.getPrivate());
        properties.put("ssl", "off");
        properties.put("warehouse", "LOADING");
        properties.put("db", "DLT");
        properties.put("schema", "SHOP");
        properties.put("disablePlatformDetection", "true");
        properties.put("JDBC_QUERY_RESULT_FORMAT", "JSON");
        properties.put("CLIENT_TELEMETRY_ENABLED", "false");
        properties.put("networkTimeout", "5000");
        properties.put("loginTimeout", "5");
        properties.put("enableCopyResultSet", "true");
        properties.put("TIMEZONE", "UTC");
        properties.put("QUERY_TAG", "a test");
        return properties;
    }

    private Connection connect(Properties properties) throws SQLException {
        return driver.connect(snowflake.url().replace("http://", "jdbc:snowflake://"), properties);
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
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<List<Object>> result = new ArrayList<>();
            while (rows.next()) {
                List<Object> row = new ArrayList<>();
                for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                    row.add(rows.getObject(i));
                }
                result.add(row);
            }
            return result;
        }
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
}
