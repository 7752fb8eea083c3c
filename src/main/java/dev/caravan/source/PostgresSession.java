package dev.caravan.source;

import dev.caravan.run.Run;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;
import org.postgresql.PGStatement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Settings of a PostgreSQL session for streaming rows. */
final class PostgresSession {

    private static final Logger LOG = LoggerFactory.getLogger(PostgresSession.class);

    /** The first version that can detect a lost client while a query runs. */
    private static final int CHECKS_CLIENTS = 14;

    /** The maximum length of an application name. */
    private static final int MAX_NAME = 63;

    private final boolean direct;
    private final boolean related;

    private PostgresSession(boolean direct, boolean related) {
        this.direct = direct;
        this.related = related;
    }

    /**
     * Prepares the transaction for one query, in one round trip: the interval style that is parsed here, the pipeline as the
     * application name, and a check that ends the query when its client is gone.
     *
     * @return null if the database is not PostgreSQL
     */
    static PostgresSession begin(Connection connection, Run run) throws SQLException {
        if (!connection.isWrapperFor(PGConnection.class)) {
            return null;
        }
        String sql = "SET LOCAL intervalstyle = 'postgres';"
                + (run == null ? "" : " SET LOCAL application_name = " + literal("caravan " + run.pipeline()) + ";")
                + (connection.getMetaData().getDatabaseMajorVersion() < CHECKS_CLIENTS
                        ? ""
                        : " SET LOCAL client_connection_check_interval = '10s';")
                + " SELECT pg_backend_pid()";
        PGConnection postgres = connection.unwrap(PGConnection.class);
        // for statements that the driver sends itself, such as COMMIT
        postgres.setPrepareThreshold(0);
        try (Statement statement = connection.createStatement()) {
            unnamed(statement);
            boolean rows = statement.execute(sql);
            while (!rows && statement.getUpdateCount() >= 0) {
                rows = statement.getMoreResults();
            }
            ResultSet pid = statement.getResultSet();
            return new PostgresSession(pid.next() && pid.getInt(1) == postgres.getBackendPID(), false);
        } catch (SQLException e) {
            String state = String.valueOf(e.getSQLState());
            if (!state.startsWith("42") && !state.startsWith("0A")) {
                throw e;
            }
            // a database related to PostgreSQL that lacks these settings
            LOG.debug("The session keeps its own settings", e);
            connection.rollback();
            return new PostgresSession(false, true);
        }
    }

    /** Returns whether the server is only related to PostgreSQL. */
    boolean isRelated() {
        return related;
    }

    private static String literal(String text) {
        String name = text.length() > MAX_NAME ? text.substring(0, MAX_NAME) : text;
        return "'" + name.replace("\\", "").replace("'", "''") + "'";
    }

    /**
     * Prepares a named statement on the server, so that values are sent in PostgreSQL's cheaper binary format. Not behind a
     * pooler that uses another connection per transaction (PgBouncer), where names would clash.
     *
     * @return whether the statement is named
     */
    boolean named(Statement statement) throws SQLException {
        if (direct) {
            statement.unwrap(PGStatement.class).setPrepareThreshold(-1);
        } else {
            unnamed(statement);
        }
        return direct;
    }

    private static void unnamed(Statement statement) throws SQLException {
        statement.unwrap(PGStatement.class).setPrepareThreshold(0);
    }
}
