package dev.caravan.warehouse.snowflake;

import dev.caravan.run.UsageException;
import java.security.interfaces.RSAPrivateCrtKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Properties;
import java.util.logging.Level;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.snowflake.client.api.connection.SnowflakeConnection;
import net.snowflake.client.api.driver.SnowflakeDriver;
import org.apache.commons.dbcp2.PoolableConnection;
import org.apache.commons.dbcp2.PoolableConnectionFactory;
import org.apache.commons.dbcp2.PoolingDataSource;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Snowflake account and its connection pool. A bean whose setters are the settings {@code snowflake.*}. The driver is
 * loaded with the first connection.
 */
public class Snowflake implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Snowflake.class);

    /** The driver logs to java.util.logging, statements included. The reference keeps the level. */
    private static final java.util.logging.Logger DRIVER_LOG = java.util.logging.Logger.getLogger("net.snowflake");

    private static final Pattern LOOPBACK = Pattern.compile("http://(127\\.0\\.0\\.1|localhost|\\[::1])(:\\d+)?/?");
    private static final Pattern HOST = Pattern.compile("(?:https://)?([\\w-]+(?:\\.[\\w-]+)+(?::\\d+)?)/?");

    /** How long an idle session is kept. */
    private static final Duration IDLE_TIME = Duration.ofMinutes(1);

    /** The largest number of idle sessions. */
    private static final int IDLE = 4;

    /** Milliseconds; longer than the 45 s after which Snowflake answers the request of a statement that is still running. */
    private static final int SOCKET_TIMEOUT = 90_000;

    /** The ways to log in. */
    enum Authenticator {
        KEY_PAIR,
        WORKLOAD_IDENTITY,
        ACCESS_TOKEN,
        OAUTH,
        PASSWORD;

        static Authenticator of(String text) {
            return Arrays.stream(values())
                    .filter(value -> value.text().equals(text))
                    .findFirst()
                    .orElseThrow(() -> new UsageException("Invalid snowflake.authenticator: must be one of "
                            + Arrays.stream(values()).map(Authenticator::text).collect(Collectors.joining(", "))));
        }

        String text() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private String host;
    private String username;
    private String role;
    private String warehouse;
    private String database;
    private String authenticator = Authenticator.KEY_PAIR.text();
    private String privateKey;
    private String privateKeyPassphrase;
    private String token;
    private String password;
    private long networkTimeout = 180_000;
    private PoolingDataSource<PoolableConnection> pool;

    /**
     * Opens a session. Times are UTC, and each statement outside a transaction is committed.
     *
     * @param queryTag the tag of the statements in Snowflake's query history; up to 2000 characters
     * @return a connection; the caller must close it
     * @throws UsageException if a setting is wrong, before anything is sent
     * @throws SQLException if Snowflake cannot be reached, or rejects the login
     */
    public Connection connect(String queryTag) throws SQLException {
        Connection connection = pool().getConnection();
        try (Statement statement = connection.createStatement()) {
            statement.execute("ALTER SESSION SET QUERY_TAG = '" + queryTag.replaceAll("['\\\\]", "_") + "'");
            return connection;
        } catch (SQLException e) {
            try (connection) {
                end(connection);
            } catch (SQLException alsoFailed) {
                e.addSuppressed(alsoFailed);
            }
            throw e;
        }
    }

    /** Quotes a text as a literal, in which the backslash is an escape. */
    public static String literal(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    /**
     * Ends the session of a connection, so that the pool does not reuse it. The caller must still close the connection.
     */
    static void end(Connection connection) throws SQLException {
        ((Connection) connection.unwrap(SnowflakeConnection.class)).close();
    }

    private synchronized PoolingDataSource<PoolableConnection> pool() {
        if (pool == null) {
            PoolableConnectionFactory sessions = new PoolableConnectionFactory(this::login, null);
            sessions.setPoolStatements(false);
            GenericObjectPool<PoolableConnection> idle = new GenericObjectPool<>(sessions);
            sessions.setPool(idle);
            idle.setMaxTotal(-1);
            idle.setMaxIdle(IDLE);
            idle.setTestOnBorrow(true);
            idle.setDurationBetweenEvictionRuns(IDLE_TIME.dividedBy(2));
            idle.setMinEvictableIdleDuration(IDLE_TIME);
            pool = new PoolingDataSource<>(idle);
            pool.setAccessToUnderlyingConnectionAllowed(true);
        }
        return pool;
    }

    private Connection login() throws SQLException {
        if (System.getProperty("java.util.logging.config.file") == null) {
            DRIVER_LOG.setLevel(Level.OFF);
        }
        return new SnowflakeDriver().connect(url(), properties());
    }

    private String url() {
        String address = required("host", host);
        if (LOOPBACK.matcher(address).matches()) {
            return "jdbc:snowflake://" + address.substring("http://".length()) + "?ssl=off";
        }
        Matcher matcher = HOST.matcher(address);
        if (!matcher.matches()) {
            throw new UsageException("Invalid snowflake.host: expected the host of an account,"
                    + " such as myorg-account1.snowflakecomputing.com");
        }
        return "jdbc:snowflake://" + matcher.group(1);
    }

    private Properties properties() {
        Properties properties = new Properties();
        put(properties, "role", role);
        put(properties, "warehouse", warehouse);
        put(properties, "db", database);
        authenticate(properties);

        properties.put("application", "Caravan");
        // overrides the defaults of an account or a user that change the meaning of statements
        properties.put("QUOTED_IDENTIFIERS_IGNORE_CASE", "false");
        properties.put("AUTOCOMMIT", "true");
        properties.put("TIMEZONE", "UTC");
        properties.put("TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_NTZ");
        properties.putAll(SnowflakeValues.FORMATS);
        properties.put("CLIENT_TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_NTZ");
        // Arrow would need --add-opens
        properties.put("JDBC_QUERY_RESULT_FORMAT", "JSON");
        properties.put("enableCopyResultSet", "true");
        // a long load keeps its session, and with it the staged rows
        properties.put("CLIENT_SESSION_KEEP_ALIVE", "true");
        // waits minutes for a lock, not half a day
        properties.put("LOCK_TIMEOUT", "300");
        // the statements of a killed process end soon
        properties.put("ABORT_DETACHED_QUERY", "true");

        properties.put("networkTimeout", Long.toString(networkTimeout));
        properties.put("loginTimeout", Long.toString(Math.max(1, Math.min(60_000, networkTimeout) / 1000)));
        properties.put("HTTP_CLIENT_CONNECTION_TIMEOUT", Long.toString(Math.min(30_000, networkTimeout)));
        properties.put("HTTP_CLIENT_SOCKET_TIMEOUT", Integer.toString(SOCKET_TIMEOUT));
        // otherwise the driver queries the metadata services of the clouds, which takes seconds
        properties.put("disablePlatformDetection", "true");
        properties.put("CLIENT_TELEMETRY_ENABLED", "false");
        properties.put("CLIENT_OUT_OF_BAND_TELEMETRY_ENABLED", "false");
        return properties;
    }

    private void authenticate(Properties properties) {
        Authenticator how = Authenticator.of(authenticator);
        if (how != Authenticator.WORKLOAD_IDENTITY) {
            properties.put("user", required("username", username));
        }
        switch (how) {
            case KEY_PAIR -> {
                properties.put("authenticator", "SNOWFLAKE_JWT");
                properties.put("privateKey", key());
            }
            case WORKLOAD_IDENTITY -> {
                properties.put("authenticator", "WORKLOAD_IDENTITY");
                properties.put("workloadIdentityProvider", "AWS");
            }
            case ACCESS_TOKEN -> {
                properties.put("authenticator", "PROGRAMMATIC_ACCESS_TOKEN");
                properties.put("token", required("token", token));
            }
            case OAUTH -> {
                properties.put("authenticator", "OAUTH");
                properties.put("token", required("token", token));
            }
            case PASSWORD -> {
                LOG.warn("Logging in to Snowflake with a password, which Snowflake is deprecating for service users;"
                        + " set snowflake.authenticator=key-pair");
                properties.put("password", required("password", password));
            }
        }
    }

    /** Returns the setting of the credential, for messages, such as {@code snowflake.private-key}. */
    public String credential() {
        return switch (Authenticator.of(authenticator)) {
            case KEY_PAIR -> "snowflake.private-key";
            case WORKLOAD_IDENTITY -> "the AWS role of this process";
            case ACCESS_TOKEN, OAUTH -> "snowflake.token";
            case PASSWORD -> "snowflake.password";
        };
    }

    /**
     * Returns the private key that signs logins.
     *
     * @throws UsageException if it is missing or cannot be read
     */
    public RSAPrivateCrtKey key() {
        return PrivateKeys.read(required("private-key", privateKey), blankToNull(privateKeyPassphrase));
    }

    private static void put(Properties properties, String key, String value) {
        if (blankToNull(value) != null) {
            properties.put(key, value);
        }
    }

    private static String required(String setting, String value) {
        if (blankToNull(value) == null) {
            throw new UsageException("snowflake." + setting + " is not set");
        }
        return value;
    }

    private static String blankToNull(String value) {
        return value == null || value.isBlank() ? null : value;
    }

    /** Ends the idle sessions. */
    @Override
    public synchronized void close() {
        if (pool != null) {
            try {
                pool.close();
            } catch (SQLException e) {
                LOG.debug("Ending sessions failed", e);
            }
            pool = null;
        }
    }

    public String getHost() {
        return host;
    }

    /** The account's host, as in {@code myorg-account1.snowflakecomputing.com}; {@code http://} for loopback only. */
    public void setHost(String host) {
        this.host = host == null ? null : host.strip();
    }

    public String getUsername() {
        return username;
    }

    /** The user; not needed for workload identity. */
    public void setUsername(String username) {
        this.username = username;
    }

    public String getRole() {
        return role;
    }

    /** The role; by default the user's default role. */
    public void setRole(String role) {
        this.role = role;
    }

    public String getWarehouse() {
        return warehouse;
    }

    /** The virtual warehouse; by default the user's default warehouse. */
    public void setWarehouse(String warehouse) {
        this.warehouse = warehouse;
    }

    public String getDatabase() {
        return database;
    }

    /** The default database of queries; it need not exist yet. */
    public void setDatabase(String database) {
        this.database = database;
    }

    public String getAuthenticator() {
        return authenticator;
    }

    /** How to log in: {@code key-pair} (default), {@code workload-identity}, {@code access-token}, {@code oauth}, {@code password}. */
    public void setAuthenticator(String authenticator) {
        this.authenticator = blankToNull(authenticator) == null ? Authenticator.KEY_PAIR.text() : authenticator.strip();
    }

    /** The private key: PEM, or base64 of PEM or of DER; PKCS#8 or PKCS#1, encrypted or not. */
    public void setPrivateKey(String privateKey) {
        this.privateKey = privateKey;
    }

    /** The passphrase of the private key, if it is encrypted. */
    public void setPrivateKeyPassphrase(String privateKeyPassphrase) {
        this.privateKeyPassphrase = privateKeyPassphrase;
    }

    /** The programmatic access token, or the OAuth access token. */
    public void setToken(String token) {
        this.token = token;
    }

    /** The password, for {@code authenticator=password} only. */
    public void setPassword(String password) {
        this.password = password;
    }

    public long getNetworkTimeout() {
        return networkTimeout;
    }

    /** How long the driver retries a request while the network fails, in milliseconds (default: 180000). */
    public void setNetworkTimeout(long networkTimeout) {
        this.networkTimeout = networkTimeout;
    }

    /** Returns the host and the user, without secrets. */
    @Override
    public String toString() {
        return "Snowflake " + host + " as " + username;
    }
}
