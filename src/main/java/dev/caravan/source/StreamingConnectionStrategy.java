package dev.caravan.source;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.apache.camel.component.jdbc.ConnectionStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens connections for streaming rows: in a transaction, because PostgreSQL has cursors only there, and read-only, because
 * nothing commits. A pool resets both when the connection is returned.
 */
final class StreamingConnectionStrategy extends DelegatingConnectionStrategy {

    private static final Logger LOG = LoggerFactory.getLogger(StreamingConnectionStrategy.class);

    StreamingConnectionStrategy(ConnectionStrategy delegate) {
        super(delegate);
    }

    @Override
    public Connection getConnection(DataSource dataSource) throws Exception {
        Connection connection = super.getConnection(dataSource);
        try {
            if (!isConnectionTransactional(connection, dataSource)) {
                prepare(connection);
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    private static void prepare(Connection connection) throws SQLException {
        try {
            connection.setReadOnly(true);
        } catch (SQLException e) {
            LOG.debug("Cannot set {} to read-only", connection, e);
        }
        connection.setAutoCommit(false);
    }
}
