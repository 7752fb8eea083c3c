package dev.caravan.run;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that works for a run. If the attempt ends, the server is asked to cancel what it is doing; if that does not
 * help, because the server or the network is silent, the connection is cut. Such a connection is never used again: a late
 * answer would hit somebody else.
 */
public final class CancellableConnection implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CancellableConnection.class);

    private final DataSource dataSource;
    private final Connection connection;
    private final Run.Registration held;
    private Statement statement;
    private boolean cancelled;
    private boolean released;

    /**
     * @param run the run that it works for, or null
     */
    public CancellableConnection(DataSource dataSource, Connection connection, Run run) {
        this.dataSource = dataSource;
        this.connection = connection;
        this.held = run == null ? null : run.onEnd(this::abort);
    }

    /** The connection itself. */
    public Connection connection() {
        return connection;
    }

    /** What is to be cancelled. */
    public synchronized void executing(Statement now) {
        statement = now;
    }

    private synchronized void abort() throws SQLException {
        if (released) {
            return;
        }
        if (cancelled) {
            discard();
            connection.abort(Runnable::run);
        } else {
            cancelled = true;
            // may take as long as a connection does
            Thread thread = new Thread(this::cancel, "caravan-cancel");
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void cancel() {
        try {
            if (connection.isWrapperFor(PGConnection.class)) {
                // between two fetches its statement takes itself for idle
                connection.unwrap(PGConnection.class).cancelQuery();
                return;
            }
            Statement now;
            synchronized (this) {
                now = statement;
            }
            if (now != null) {
                now.cancel();
            }
        } catch (SQLException e) {
            LOG.debug("The query could not be cancelled", e);
        }
    }

    /** Keeps the pool from giving it to anybody else. */
    public void discard() {
        if (dataSource instanceof HikariDataSource pool) {
            pool.evictConnection(connection);
        }
    }

    /** Says that the connection does not work for the run any more. It is still to be closed. */
    public synchronized void release() {
        if (!released) {
            released = true;
            if (held != null) {
                held.close();
            }
            if (cancelled) {
                discard();
            }
        }
    }

    /** Gives the connection back, or ends it if it was cancelled. */
    @Override
    public void close() throws SQLException {
        release();
        connection.close();
    }
}
