package dev.caravan.snowflake.fake;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import net.snowflake.client.api.driver.SnowflakeDriver;

/** Connections of the bare driver to the fake. */
final class DriverConnections {

    /** One key pair for all tests: generating one is slow. */
    static final KeyPair KEYS = keys();

    private DriverConnections() {}

    static KeyPair keys() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Properties with which SVC_DLT logs in by the key pair, into DLT.SHOP. */
    static Properties properties() {
        Properties properties = new Properties();
        properties.put("account", "fake");
        properties.put("user", "SVC_DLT");
        properties.put("privateKey", KEYS.getPrivate());
        properties.put("ssl", "off");
        properties.put("warehouse", "LOADING");
        properties.put("db", "DLT");
        properties.put("schema", "SHOP");
        properties.put("disablePlatformDetection", "true");
        properties.put("JDBC_QUERY_RESULT_FORMAT", "JSON");
        properties.put("CLIENT_TELEMETRY_ENABLED", "false");
        properties.put("networkTimeout", "2000");
        properties.put("loginTimeout", "5");
        properties.put("enableCopyResultSet", "true");
        properties.put("TIMEZONE", "UTC");
        properties.put("QUERY_TAG", "a test");
        return properties;
    }

    static Connection connect(FakeSnowflake snowflake, Properties properties) throws SQLException {
        return new SnowflakeDriver().connect(snowflake.url().replace("http://", "jdbc:snowflake://"), properties);
    }

    /** Connects as SVC_DLT, whose key it registers. */
    static Connection connect(FakeSnowflake snowflake) throws SQLException {
        snowflake.user("SVC_DLT", KEYS.getPublic());
        return connect(snowflake, properties());
    }
}
