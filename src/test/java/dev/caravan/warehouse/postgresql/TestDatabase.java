package dev.caravan.warehouse.postgresql;

import com.zaxxer.hikari.HikariDataSource;
import dev.caravan.warehouse.WarehouseComponent;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** The database {@code dlt} of a server that the tests of this JVM share, emptied, with a pool of connections to it. */
final class TestDatabase implements AutoCloseable {

    private static final String EMPTY = "DO $$ DECLARE s name; BEGIN FOR s IN SELECT nspname FROM pg_namespace"
            + " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
            + " LOOP EXECUTE format('DROP SCHEMA %I CASCADE', s); END LOOP; CREATE SCHEMA public; END $$";

    private static EmbeddedPostgres server;

    private final HikariDataSource pool = new HikariDataSource();

    TestDatabase() {
        start();
        execute(EMPTY);
        pool.setJdbcUrl(url().replaceFirst("\\?.*", ""));
        pool.setUsername("postgres");
        pool.setMaximumPoolSize(4);
        pool.setMinimumIdle(0);
        pool.setConnectionTimeout(10_000);
    }

    private static synchronized void start() {
        if (server == null) {
            try {
                server = EmbeddedPostgres.builder()
                        .setServerConfig("fsync", "off")
                        .start();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            execute(server.getJdbcUrl("postgres", "postgres"), "CREATE DATABASE dlt");
        }
    }

    /** The address of the database, as a superuser. */
    String url() {
        return server.getJdbcUrl("postgres", "dlt");
    }

    HikariDataSource pool() {
        return pool;
    }

    WarehouseComponent component() {
        WarehouseComponent component = new WarehouseComponent();
        component.setEngine("postgresql");
        component.setDataSource(pool);
        component.setLockTimeout(10_000);
        return component;
    }

    /** A connection of somebody else. */
    Connection connect() throws SQLException {
        return DriverManager.getConnection(url());
    }

    /** Runs statements of somebody else. */
    void execute(String sql) {
        execute(url(), sql);
    }

    private static void execute(String url, String sql) {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        pool.close();
    }
}
