package dev.caravan.source;

import java.sql.Connection;
import javax.sql.DataSource;
import org.apache.camel.component.jdbc.ConnectionStrategy;

/** Adds something to the connections of another strategy. */
abstract class DelegatingConnectionStrategy implements ConnectionStrategy {

    private final ConnectionStrategy delegate;

    DelegatingConnectionStrategy(ConnectionStrategy delegate) {
        this.delegate = delegate;
    }

    @Override
    public Connection getConnection(DataSource dataSource) throws Exception {
        return delegate.getConnection(dataSource);
    }

    @Override
    public final boolean isConnectionTransactional(Connection connection, DataSource dataSource) {
        return delegate.isConnectionTransactional(connection, dataSource);
    }
}
