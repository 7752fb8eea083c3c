package dev.caravan.warehouse.postgresql;

import dev.caravan.run.CancellableConnection;
import dev.caravan.run.Run;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.Dialect;
import dev.caravan.warehouse.Engine;
import dev.caravan.warehouse.LoadSession;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/** A database of PostgreSQL as the warehouse. Each load uses one connection, from its first row to its commit. */
public final class PostgreSqlEngine implements Engine {

    private static final Pattern URL = Pattern.compile("^jdbc:postgresql://([^/?]+)");

    private final DataSource dataSource;
    private final Duration lockTimeout;

    /**
     * @param dataSource connections to the database
     * @param lockTimeout how long a statement of a load waits for a lock
     */
    public PostgreSqlEngine(DataSource dataSource, Duration lockTimeout) {
        this.dataSource = dataSource;
        this.lockTimeout = lockTimeout;
    }

    @Override
    public Dialect dialect() {
        return PostgreSqlDialect.INSTANCE;
    }

    @Override
    public LoadSession connect(TableName table, Run run) throws SQLException {
        CancellableConnection connection = connect(run);
        try {
            requireDatabase(connection.connection().getCatalog(), table);
            return new PostgreSqlSession(connection, table, lockTimeout);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private CancellableConnection connect(Run run) throws SQLException {
        return new CancellableConnection(dataSource, dataSource.getConnection(), run);
    }

    private static void requireDatabase(String database, TableName table) {
        if (!database.equalsIgnoreCase(table.database())) {
            throw new UsageException("camel.component.warehouse.dataSource connects to the database " + database
                    + ", but the route names " + table.database() + "; write warehouse:" + database + "."
                    + table.schema() + (table.table().isEmpty() ? "" : "." + table.table())
                    + ", or change the URL of the data source");
        }
    }

    @Override
    public QueryResult query(String sql, Run run) throws SQLException {
        return PostgreSqlQuery.run(connect(run), sql);
    }

    @Override
    public String namespace() throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            Matcher url = URL.matcher(connection.getMetaData().getURL());
            return url.find() ? "postgres://" + url.group(1) : "postgres";
        }
    }

    @Override
    public RuntimeException explain(String action, SQLException failure) {
        return PostgreSqlErrors.explain(action, failure);
    }
}
