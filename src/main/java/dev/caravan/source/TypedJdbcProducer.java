package dev.caravan.source;

import dev.caravan.data.Column;
import dev.caravan.run.CancellableConnection;
import dev.caravan.run.CurrentRun;
import dev.caravan.run.ExchangeEnd;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.SqlState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.component.jdbc.DefaultJdbcPrepareStatementStrategy;
import org.apache.camel.component.jdbc.JdbcConstants;
import org.apache.camel.component.jdbc.JdbcEndpoint;
import org.apache.camel.component.jdbc.JdbcOutputType;
import org.apache.camel.component.jdbc.JdbcPrepareStatementStrategy;
import org.apache.camel.component.jdbc.JdbcProducer;
import org.apache.camel.support.PropertyBindingSupport;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Returns {@link SourceRows} for {@code StreamList}, and Camel's results for other output types. */
final class TypedJdbcProducer extends JdbcProducer {

    private static final Logger LOG = LoggerFactory.getLogger(TypedJdbcProducer.class);

    /** The columns of a prepared statement have changed since. */
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
        SourceRows rows = query(exchange, sql);
        ExchangeEnd.close(exchange, rows::closeQuietly);
        exchange.getMessage().setHeader(JdbcConstants.JDBC_COLUMN_NAMES, columnNames(rows));
        exchange.getMessage().setBody(rows);
    }

    private static Set<String> columnNames(SourceRows rows) {
        return rows.columns().stream().map(Column::name).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private static boolean isMisnamed(SQLException e) {
        return SqlState.isStatementName(e) || String.valueOf(e.getMessage()).contains(CHANGED);
    }

    private SourceRows query(Exchange exchange, String sql) throws Exception {
        boolean allowNamed = true;
        boolean allowCopy = true;
        while (true) {
            try {
                return query(exchange, sql, allowNamed, allowCopy);
            } catch (CopyQuery.Refused e) {
                LOG.info("{}: reading row by row, because {}", errors().name(), e.getMessage());
                allowCopy = false;
            } catch (SQLException e) {
                if (!allowNamed || !isMisnamed(e)) {
                    throw e;
                }
                LOG.debug("Retrying with an unnamed statement", e);
                allowNamed = false;
            }
        }
    }

    /** @param allowNamed whether to prepare a named statement on the server */
    private SourceRows query(Exchange exchange, String sql, boolean allowNamed, boolean allowCopy) throws Exception {
        JdbcEndpoint endpoint = getEndpoint();
        Run run = CurrentRun.of(exchange);
        Connection connection = endpoint.getConnectionStrategy().getConnection(endpoint.getDataSource());
        CancellableConnection held = new CancellableConnection(endpoint.getDataSource(), connection, run);
        try {
            boolean shared =
                    endpoint.getConnectionStrategy().isConnectionTransactional(connection, endpoint.getDataSource());
            PostgresSession postgres = shared ? null : PostgresSession.begin(connection, run);
            Bound bound = endpoint.isUseHeadersAsParameters()
                    ? prepare(exchange, sql, connection)
                    : new Bound(connection.createStatement(), sql, null);
            Statement statement = bound.statement;
            if (postgres != null && allowCopy) {
                try {
                    SourceRows rows = copy(held, postgres, bound);
                    LOG.info("{}: reading by COPY", errors().name());
                    return rows;
                } catch (CopyQuery.NotPossible e) {
                    LOG.info("{}: reading row by row, because {}", errors().name(), e.getMessage());
                }
            }
            if (postgres != null && allowNamed) {
                postgres.named(statement);
            }
            if (!endpoint.getParameters().isEmpty()) {
                PropertyBindingSupport.bindProperties(
                        exchange.getContext(), statement, new HashMap<>(endpoint.getParameters()));
            }
            held.executing(statement);
            boolean rows =
                    statement instanceof PreparedStatement prepared ? prepared.execute() : statement.execute(bound.sql);
            return new ResultSetRows(held, onlyResult(statement, rows), errors());
        } catch (Exception e) {
            try (held) {
                throw e;
            }
        }
    }

    private SourceRows copy(CancellableConnection held, PostgresSession postgres, Bound bound)
            throws SQLException, CopyQuery.NotPossible {
        if (postgres.isRelated()) {
            throw new CopyQuery.NotPossible("the server is not PostgreSQL itself");
        }
        for (Map.Entry<String, Object> option : getEndpoint().getParameters().entrySet()) {
            if (!option.getKey().equals("fetchSize")
                    || !TypedJdbcComponent.DEFAULT_FETCH_SIZE.equals(option.getValue())) {
                throw new CopyQuery.NotPossible("the route sets statement." + option.getKey());
            }
        }
        boolean bindsItself =
                getEndpoint().getPrepareStatementStrategy().getClass() != DefaultJdbcPrepareStatementStrategy.class;
        if (bindsItself && bound.parameters != null && !bound.parameters.isEmpty()) {
            throw new CopyQuery.NotPossible("the endpoint has its own prepareStatementStrategy");
        }
        SourceRows rows = CopyQuery.of(held.connection(), bound.sql, bound.parameters)
                .start(held, CopyRows.MAX_BATCH_ROWS, errors());
        bound.statement.close();
        return rows;
    }

    /**
     * A statement that is ready to execute.
     *
     * @param parameters the values of its parameters; null if the text is executed as it is
     */
    private record Bound(Statement statement, String sql, List<Object> parameters) {}

    /** Prepares a statement as Camel does. */
    private Bound prepare(Exchange exchange, String sql, Connection connection) throws SQLException {
        JdbcPrepareStatementStrategy strategy = getEndpoint().getPrepareStatementStrategy();
        String prepared = strategy.prepareQuery(sql, getEndpoint().isAllowNamedParameters());
        PreparedStatement statement = connection.prepareStatement(prepared);
        int expected = statement.getParameterMetaData().getParameterCount();
        List<Object> values = new ArrayList<>();
        if (expected > 0) {
            Iterator<?> parameters = strategy.createPopulateIterator(sql, prepared, expected, exchange, sql);
            strategy.populateStatement(
                    statement, parameters == null ? null : new Recording(parameters, values), expected);
        }
        return new Bound(statement, prepared, values);
    }

    /** Remembers the values that pass. */
    private record Recording(Iterator<?> values, List<Object> passed) implements Iterator<Object> {

        @Override
        public boolean hasNext() {
            return values.hasNext();
        }

        @Override
        public Object next() {
            Object value = values.next();
            passed.add(value);
            return value;
        }
    }

    /** Returns the rows of the only statement that has any; SET LOCAL and the like can precede it. */
    private ResultSet onlyResult(Statement statement, boolean first) throws SQLException {
        boolean rows = first;
        while (!rows && statement.getUpdateCount() >= 0) {
            rows = statement.getMoreResults();
        }
        if (!rows) {
            throw new PermanentException(errors().name() + " got a statement that returns no rows; if it writes, set"
                    + " outputType: SelectList, which commits it");
        }
        ResultSet found = statement.getResultSet();
        // other databases have at most one result, or close it to find out
        while (statement.getConnection().isWrapperFor(PGConnection.class)
                && (statement.getMoreResults(Statement.KEEP_CURRENT_RESULT) || statement.getUpdateCount() >= 0)) {
            if (statement.getResultSet() != null) {
                throw new PermanentException(
                        errors().name() + " got two queries in one body: put each into its own step");
            }
        }
        return found;
    }

    private SqlErrors errors() {
        return new SqlErrors(getEndpoint().getDataSourceName());
    }
}
