package dev.caravan.source;

import dev.caravan.run.CancellableConnection;
import dev.caravan.run.CurrentRun;
import java.sql.Connection;
import javax.sql.DataSource;
import org.apache.camel.component.jdbc.ConnectionStrategy;

/** Makes connections cancellable whose result Camel reads as a whole, on the calling thread. */
final class CancellableConnectionStrategy extends DelegatingConnectionStrategy {

    private static final ThreadLocal<CancellableConnection> HELD = new ThreadLocal<>();

    CancellableConnectionStrategy(ConnectionStrategy delegate) {
        super(delegate);
    }

    @Override
    public Connection getConnection(DataSource dataSource) throws Exception {
        Connection connection = super.getConnection(dataSource);
        HELD.set(new CancellableConnection(
                dataSource, connection, CurrentRun.get().orElse(null)));
        return connection;
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
