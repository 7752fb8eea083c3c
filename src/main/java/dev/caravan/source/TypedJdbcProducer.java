package dev.caravan.source;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import org.apache.camel.Exchange;
import org.apache.camel.component.jdbc.JdbcConstants;
import org.apache.camel.component.jdbc.JdbcEndpoint;
import org.apache.camel.component.jdbc.JdbcOutputType;
import org.apache.camel.component.jdbc.JdbcProducer;

/** Delivers {@link ResultSetRows} for {@code StreamList}, and Camel's own results for everything else. */
final class TypedJdbcProducer extends JdbcProducer {

    TypedJdbcProducer(JdbcEndpoint endpoint) {
        super(
                endpoint,
                endpoint.getDataSource(),
                endpoint.getConnectionStrategy(),
                endpoint.getReadSize(),
                endpoint.getParameters());
    }

    @Override
    public void process(Exchange exchange) throws Exception {
        try {
            super.process(exchange);
        } catch (Exception e) {
            throw errors().translate(e);
        }
    }

    @Override
    protected boolean setResultSet(Exchange exchange, Connection connection, ResultSet resultSet) throws SQLException {
        JdbcEndpoint endpoint = getEndpoint();
        if (endpoint.getOutputType() != JdbcOutputType.StreamList || endpoint.getOutputClass() != null) {
            return super.setResultSet(exchange, connection, resultSet);
        }
        ResultSetRows rows = new ResultSetRows(connection, resultSet, errors());
        exchange.getMessage().setHeader(JdbcConstants.JDBC_COLUMN_NAMES, new LinkedHashSet<>(rows.names()));
        exchange.getMessage().setBody(rows);
        return false; // Camel closes connection and statement when the exchange ends
    }

    private SqlErrors errors() {
        return new SqlErrors(getEndpoint().getDataSourceName());
    }
}
