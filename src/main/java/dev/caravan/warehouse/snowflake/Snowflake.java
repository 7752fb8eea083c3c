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
 * An account of Snowflake: where it is, who we are there, and the way to a connection. A bean whose setters are the
 * settings {@code snowflake.*}. The driver is not loaded before the first connection.
 */
public class Snowflake implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Snowflake.class);

    /** The driver writes to java.util.logging, down to the texts of statements. Held, so that the level stays. */
    private static final java.util.logging.Logger DRIVER_LOG = java.util.logging.Logger.getLogger("net.snowflake");

    private static final Pattern LOOPBACK = Pattern.compile("http://(127\\.0\\.0\\.1|localhost|\\[::1])(:\\d+)?/?");
    private static final Pattern HOST = Pattern.compile("(?:https://)?([\\w-]+(?:\\.[\\w-]+)+(?::\\d+)?)/?");

    /** Sessions that nobody uses wait so long to be used again, at most so many. */
    private static final Duration IDLE_TIME = Duration.ofMinutes(1);

    private static final int IDLE = 4;

    /** Milliseconds; longer than Snowflake lets the request of a statement that runs on wait for its answer, which is 45 s. */
    private static final int SOCKET_TIMEOUT = 90_000;

    /** How we prove who we are. */
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
                    .orElseThrow(() -> new UsageException("snowflake.authenticator is none of "
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
     * Opens a session, in which times are UTC and each statement is its own transaction unless one is begun.
     *
     * @param queryTag what Snowflake's query history shows for each statement; up to 2000 characters
     * @return a connection that the caller closes
     * @throws UsageException if a setting is wrong, before anything is sent
     * @throws SQLException if Snowflake cannot be reached, or refuses us
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

    /** A text as a literal, in which Snowflake takes the backslash for an escape. */
    public static String literal(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    /**
     * Ends the session of a connection, which then nobody uses again. The connection is still to be closed.
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
            throw new UsageException("snowflake.host is no name of a Snowflake account;"
                    + " it looks like myorg-account1.snowflakecomputing.com");
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
        // an account's, or a user's, defaults must not change what statements mean
        properties.put("QUOTED_IDENTIFIERS_IGNORE_CASE", "false");
        properties.put("AUTOCOMMIT", "true");
        properties.put("TIMEZONE", "UTC");
        properties.put("TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_NTZ");
        properties.putAll(SnowflakeValues.FORMATS);
        properties.put("CLIENT_TIMESTAMP_TYPE_MAPPING", "TIMESTAMP_NTZ");
        // Arrow would need --add-opens
        properties.put("JDBC_QUERY_RESULT_FORMAT", "JSON");
        properties.put("enableCopyResultSet", "true");
        // a long load keeps its session, and with it what it has staged
        properties.put("CLIENT_SESSION_KEEP_ALIVE", "true");
        // what somebody else holds is waited for in minutes, not in half a day
        properties.put("LOCK_TIMEOUT", "300");
        // what a process that was killed has begun ends soon
        properties.put("ABORT_DETACHED_QUERY", "true");

        properties.put("networkTimeout", Long.toString(networkTimeout));
        properties.put("loginTimeout", Long.toString(Math.max(1, Math.min(60_000, networkTimeout) / 1000)));
        properties.put("HTTP_CLIENT_CONNECTION_TIMEOUT", Long.toString(Math.min(30_000, networkTimeout)));
        properties.put("HTTP_CLIENT_SOCKET_TIMEOUT", Integer.toString(SOCKET_TIMEOUT));
        // else the driver asks the clouds' metadata services where it is, which takes seconds
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
                LOG.warn("Logging in to Snowflake with a password, which Snowflake is doing away with for services;"
                        + " set snowflake.authenticator=key-pair");
                properties.put("password", required("password", password));
            }
        }
    }

    /** What we show to log in, for messages: the setting {@code snowflake.private-key}, {@code token} or {@code password}. */
    public String credential() {
        return switch (Authenticator.of(authenticator)) {
            case KEY_PAIR -> "snowflake.private-key";
            case WORKLOAD_IDENTITY -> "the AWS role of this process";
            case ACCESS_TOKEN, OAUTH -> "snowflake.token";
            case PASSWORD -> "snowflake.password";
        };
    }

    /**
     * The private key that a login signs with.
     *
     * @throws UsageException if there is none, or it cannot be read
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

    /** Ends the sessions that wait to be used again. */
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

    /** The user, which workload identity does not need. */
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

    /** The virtual warehouse that computes; by default the user's default warehouse. */
    public void setWarehouse(String warehouse) {
        this.warehouse = warehouse;
    }

    public String getDatabase() {
        return database;
    }

    /** The current database of queries that name none; it need not exist yet. */
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

    /** What the private key is encrypted with, if it is. */
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

    /** Milliseconds for which the driver tries a request again while the network fails (default: 3 minutes). */
    public void setNetworkTimeout(long networkTimeout) {
        this.networkTimeout = networkTimeout;
    }

    /** Where and who, and no secret. */
    @Override
    public String toString() {
        return "Snowflake " + host + " as " + username;
    }
}
