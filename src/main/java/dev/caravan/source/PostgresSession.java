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

/** What only PostgreSQL needs of a connection that rows are streamed from. */
final class PostgresSession {

    private static final Logger LOG = LoggerFactory.getLogger(PostgresSession.class);

    /** Since this version a server can notice while it computes that nobody waits any more. */
    private static final int NOTICES_CLIENTS = 14;

    /** The parameter is longer than a name may be. */
    private static final int NAME = 63;

    private final boolean direct;

    private PostgresSession(boolean direct) {
        this.direct = direct;
    }

    /**
     * Prepares the transaction for one query, in one round trip: intervals as they are understood here, a name that tells
     * the administrator which pipeline it is, and no query that outlives its client.
     *
     * @return null if the database is another
     */
    static PostgresSession begin(Connection connection, Run run) throws SQLException {
        if (!connection.isWrapperFor(PGConnection.class)) {
            return null;
        }
        String sql = "SET LOCAL intervalstyle = 'postgres';"
                + (run == null ? "" : " SET LOCAL application_name = " + literal("caravan " + run.pipeline()) + ";")
                + (connection.getMetaData().getDatabaseMajorVersion() < NOTICES_CLIENTS
                        ? ""
                        : " SET LOCAL client_connection_check_interval = '10s';")
                + " SELECT pg_backend_pid()";
        PGConnection postgres = connection.unwrap(PGConnection.class);
        // what the driver sends by itself, as at the end of the transaction
        postgres.setPrepareThreshold(0);
        try (Statement statement = connection.createStatement()) {
            unnamed(statement);
            boolean rows = statement.execute(sql);
            while (!rows && statement.getUpdateCount() >= 0) {
                rows = statement.getMoreResults();
            }
            ResultSet pid = statement.getResultSet();
            return new PostgresSession(pid.next() && pid.getInt(1) == postgres.getBackendPID());
        } catch (SQLException e) {
            String state = String.valueOf(e.getSQLState());
            if (!state.startsWith("42") && !state.startsWith("0A")) {
                throw e;
            }
            // a relative of PostgreSQL that does not know them
            LOG.debug("The session keeps its own settings", e);
            connection.rollback();
            return new PostgresSession(false);
        }
    }

    private static String literal(String text) {
        String name = text.length() > NAME ? text.substring(0, NAME) : text;
        return "'" + name.replace("\\", "").replace("'", "''") + "'";
    }

    /**
     * Has the values of a query sent in PostgreSQL's binary form, which costs both sides less. That takes a name for the
     * statement; a pooler that gives each transaction another connection (PgBouncer) would mix such names up.
     *
     * @return whether the statement has a name
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
