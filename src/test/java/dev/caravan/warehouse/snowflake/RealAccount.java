package dev.caravan.warehouse.snowflake;

import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;

/**
 * An account of Snowflake itself, for those who have one: the variable {@link #SWITCH} lets the tests in, and the usual
 * {@code SNOWFLAKE_*} say where it is and who logs in. The tests make their databases and drop them; one that somebody else
 * has made is never touched.
 */
final class RealAccount implements AutoCloseable {

    /** Set to {@code true}, it lets the tests run in the account that {@code SNOWFLAKE_HOST} names. */
    static final String SWITCH = "CARAVAN_TEST_SNOWFLAKE";

    static final String COMMENT = "made by the tests of Caravan, which drop it";

    private final Snowflake settings = new Snowflake();
    private final List<String> databases;

    RealAccount(Map<String, String> environment, String... databases) throws SQLException {
        this.databases = List.of(databases);
        settings.setHost(environment.get("SNOWFLAKE_HOST"));
        settings.setUsername(environment.get("SNOWFLAKE_USERNAME"));
        settings.setRole(environment.get("SNOWFLAKE_ROLE"));
        settings.setWarehouse(environment.get("SNOWFLAKE_WAREHOUSE"));
        settings.setAuthenticator(environment.get("SNOWFLAKE_AUTHENTICATOR"));
        settings.setPrivateKey(environment.get("SNOWFLAKE_PRIVATE_KEY"));
        settings.setPrivateKeyPassphrase(environment.get("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"));
        settings.setToken(environment.get("SNOWFLAKE_TOKEN"));
        settings.setPassword(environment.get("SNOWFLAKE_PASSWORD"));
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String database : databases) {
                refuseSomebodyElses(statement, database);
            }
            for (String database : databases) {
                statement.execute("CREATE OR REPLACE DATABASE " + database + " COMMENT = '" + COMMENT + "'");
            }
        } catch (SQLException | RuntimeException e) {
            settings.close();
            throw e;
        }
    }

    private static void refuseSomebodyElses(Statement statement, String database) throws SQLException {
        try (ResultSet found = statement.executeQuery("SHOW DATABASES LIKE '" + database + "'")) {
            while (found.next()) {
                if (!COMMENT.equals(found.getString("comment"))) {
                    throw new IllegalStateException("There is a database " + database
                            + " that these tests have not made, and they would replace it: use a trial account");
                }
            }
        }
    }

    Connection connect() throws SQLException {
        return settings.connect("caravan:tests");
    }

    WarehouseComponent component(Path directory) {
        WarehouseComponent component = new WarehouseComponent() {
            @Override
            public void setCamelContext(CamelContext context) {
                super.setCamelContext(context);
                context.getRegistry().bind("snowflake", settings);
            }
        };
        component.setEngine("snowflake");
        component.setDirectory(directory.toString());
        return component;
    }

    @Override
    public void close() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String database : databases) {
                statement.execute("DROP DATABASE IF EXISTS " + database);
            }
        } finally {
            settings.close();
        }
    }
}
