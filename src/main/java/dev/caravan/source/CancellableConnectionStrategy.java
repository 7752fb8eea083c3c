package dev.caravan.source;

import dev.caravan.run.CancellableConnection;
import dev.caravan.run.CurrentRun;
import java.sql.Connection;
import javax.sql.DataSource;
import org.apache.camel.component.jdbc.ConnectionStrategy;

/** Makes connections cancellable whose result Camel reads as a whole, on the calling thread. */
final class CancellableConnectionStrategy implements ConnectionStrategy {

    private static final ThreadLocal<CancellableConnection> HELD = new ThreadLocal<>();

    private final ConnectionStrategy delegate;

    CancellableConnectionStrategy(ConnectionStrategy delegate) {
        this.delegate = delegate;
    }

    @Override
    public Connection getConnection(DataSource dataSource) throws Exception {
        Connection connection = delegate.getConnection(dataSource);
        HELD.set(new CancellableConnection(
                dataSource, connection, CurrentRun.get().orElse(null)));
        return connection;
    }

    @Override
    public boolean isConnectionTransactional(Connection connection, DataSource dataSource) {
        return delegate.isConnectionTransactional(connection, dataSource);
    }

    /** Releases this thread's connection, if it has one. */
    void release() {
        CancellableConnection mine = HELD.get();
        if (mine != null) {
            HELD.remove();
            mine.release();
        }
    }
}
