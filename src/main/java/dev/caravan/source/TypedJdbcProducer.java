package dev.caravan.source;

import dev.caravan.run.CancellableConnection;
import dev.caravan.run.CurrentRun;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.LinkedHashSet;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.component.jdbc.JdbcConstants;
import org.apache.camel.component.jdbc.JdbcEndpoint;
import org.apache.camel.component.jdbc.JdbcOutputType;
import org.apache.camel.component.jdbc.JdbcPrepareStatementStrategy;
import org.apache.camel.component.jdbc.JdbcProducer;
import org.apache.camel.support.PropertyBindingSupport;
import org.apache.camel.support.SynchronizationAdapter;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Delivers {@link ResultSetRows} for {@code StreamList}, and Camel's own results for everything else. */
final class TypedJdbcProducer extends JdbcProducer {

    private static final Logger LOG = LoggerFactory.getLogger(TypedJdbcProducer.class);

    /** The columns of a statement that the server keeps have changed since. */
    private static final String CHANGED = "cached plan must not change result type";

    private final CancellableConnectionStrategy lists;

    TypedJdbcProducer(JdbcEndpoint endpoint) {
        this(endpoint, new CancellableConnectionStrategy(endpoint.getConnectionStrategy()));
    }

    private TypedJdbcProducer(JdbcEndpoint endpoint, CancellableConnectionStrategy lists) {
        super(endpoint, endpoint.getDataSource(), lists, endpoint.getReadSize(), endpoint.getParameters());
        this.lists = lists;
    }

    @Override
    public void process(Exchange exchange) throws Exception {
        try {
            if (getEndpoint().getOutputType() == JdbcOutputType.StreamList
                    && getEndpoint().getOutputClass() == null) {
                stream(exchange);
            } else {
                try {
                    super.process(exchange);
                } finally {
                    lists.release();
                }
            }
        } catch (Exception e) {
            throw errors().translate(e);
        }
    }

    private void stream(Exchange exchange) throws Exception {
        String sql = exchange.getIn().getBody(String.class);
        if (sql == null || sql.isBlank()) {
            throw new PermanentException(errors().name() + " got no query: the body is empty");
        }
        ResultSetRows rows;
        try {
            rows = query(exchange, sql, true);
        } catch (SQLException e) {
            if (!isMisnamed(e)) {
                throw e;
            }
            LOG.debug("Once more without a name for the statement", e);
            rows = query(exchange, sql, false);
        }
        closeAtTheEnd(exchange, rows);
        exchange.getMessage().setHeader(JdbcConstants.JDBC_COLUMN_NAMES, new LinkedHashSet<>(rows.names()));
        exchange.getMessage().setBody(rows);
    }

    private static boolean isMisnamed(SQLException e) {
        return SqlErrors.MISNAMED.contains(String.valueOf(e.getSQLState()))
                || String.valueOf(e.getMessage()).contains(CHANGED);
    }

    /** @param mayBeNamed whether the server may keep the statement under a name, for the next time */
    private ResultSetRows query(Exchange exchange, String sql, boolean mayBeNamed) throws Exception {
        JdbcEndpoint endpoint = getEndpoint();
        Run run = Run.of(exchange).orElseGet(() -> CurrentRun.get().orElse(null));
        Connection connection = endpoint.getConnectionStrategy().getConnection(endpoint.getDataSource());
        CancellableConnection held = new CancellableConnection(endpoint.getDataSource(), connection, run);
        try {
            boolean shared =
                    endpoint.getConnectionStrategy().isConnectionTransactional(connection, endpoint.getDataSource());
            PostgresSession postgres = shared ? null : PostgresSession.begin(connection, run);
            Statement statement = endpoint.isUseHeadersAsParameters()
                    ? prepare(exchange, sql, connection)
                    : connection.createStatement();
            if (postgres != null && mayBeNamed) {
                postgres.named(statement);
            }
            if (!endpoint.getParameters().isEmpty()) {
                PropertyBindingSupport.bindProperties(
                        exchange.getContext(), statement, new HashMap<>(endpoint.getParameters()));
            }
            held.executing(statement);
            boolean rows =
                    statement instanceof PreparedStatement prepared ? prepared.execute() : statement.execute(sql);
            return new ResultSetRows(held, theOnly(statement, rows), errors());
        } catch (Exception e) {
            try (held) {
                throw e;
            }
        }
    }

    /** As Camel does it. */
    private PreparedStatement prepare(Exchange exchange, String sql, Connection connection) throws SQLException {
        JdbcPrepareStatementStrategy strategy = getEndpoint().getPrepareStatementStrategy();
        String prepared = strategy.prepareQuery(sql, getEndpoint().isAllowNamedParameters());
        PreparedStatement statement = connection.prepareStatement(prepared);
        int expected = statement.getParameterMetaData().getParameterCount();
        if (expected > 0) {
            strategy.populateStatement(
                    statement, strategy.createPopulateIterator(sql, prepared, expected, exchange, sql), expected);
        }
        return statement;
    }

    /** The rows of the one statement that has any; SET LOCAL and the like may stand before it. */
    private ResultSet theOnly(Statement statement, boolean first) throws SQLException {
        boolean rows = first;
        while (!rows && statement.getUpdateCount() >= 0) {
            rows = statement.getMoreResults();
        }
        if (!rows) {
            throw new PermanentException(
                    errors().name() + " got a statement that yields no rows; if it is to write, set"
                            + " outputType: SelectList, which commits it");
        }
        ResultSet found = statement.getResultSet();
        // others have one result at most, or cannot tell without closing it
        while (statement.getConnection().isWrapperFor(PGConnection.class)
                && (statement.getMoreResults(Statement.KEEP_CURRENT_RESULT) || statement.getUpdateCount() >= 0)) {
            if (statement.getResultSet() != null) {
                throw new PermanentException(
                        errors().name()
                                + " got two queries in one body, of which only one can be read: put each into a step of its own");
            }
        }
        return found;
    }

    /**
     * Whoever does not read to the end leaves the rest to the end of the exchange. That of a Kamelet ends while its rows
     * are still to be read; then it is the end of the run's attempt.
     */
    private static void closeAtTheEnd(Exchange exchange, ResultSetRows rows) {
        Endpoint from = exchange.getFromEndpoint();
        if (from == null || !from.getEndpointUri().startsWith("kamelet:")) {
            exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
                @Override
                public void onDone(Exchange done) {
                    rows.closeQuietly();
                }
            });
        }
    }

    private SqlErrors errors() {
        return new SqlErrors(getEndpoint().getDataSourceName());
    }
}
