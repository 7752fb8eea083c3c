package dev.caravan.source;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import javax.sql.DataSource;
import org.apache.camel.component.jdbc.ConnectionStrategy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for a connection while all of the pool are in use, which is not a failure of the database. An unreachable database
 * fails after the pool's timeout.
 */
final class PoolWaitConnectionStrategy extends DelegatingConnectionStrategy {

    private static final Logger LOG = LoggerFactory.getLogger(PoolWaitConnectionStrategy.class);

    PoolWaitConnectionStrategy(ConnectionStrategy delegate) {
        super(delegate);
    }

    @Override
    public Connection getConnection(DataSource dataSource) throws Exception {
        while (true) {
            try {
                return super.getConnection(dataSource);
            } catch (SQLTransientConnectionException e) {
                if (!allInUse(dataSource)) {
                    throw e;
                }
                LOG.info("Waiting for a connection: {}", e.getMessage());
            }
        }
    }

    private static boolean allInUse(DataSource dataSource) throws SQLException {
        if (!dataSource.isWrapperFor(HikariDataSource.class)) {
            return false;
        }
        HikariDataSource configured = dataSource.unwrap(HikariDataSource.class);
        HikariPoolMXBean pool = configured.getHikariPoolMXBean();
        return pool != null && pool.getTotalConnections() >= configured.getMaximumPoolSize();
    }
}
