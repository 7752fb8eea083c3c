package dev.caravan.source;

import javax.sql.DataSource;
import org.apache.camel.Producer;
import org.apache.camel.component.jdbc.JdbcComponent;
import org.apache.camel.component.jdbc.JdbcEndpoint;
import org.apache.camel.component.jdbc.JdbcOutputType;

/**
 * Camel's {@code jdbc:} component, with three differences. {@code outputType=StreamList} is the default and gives
 * {@link dev.caravan.data.Rows}: declared columns, exact types, and streaming regardless of the other options (see
 * {@link StreamingConnectionStrategy}). Failures are classified as transient or permanent. Queries are cancelled when their
 * run ends.
 *
 * <p>Bind it as {@code jdbc} in the registry.
 */
public class TypedJdbcComponent extends JdbcComponent {

    static final String DEFAULT_FETCH_SIZE = "2000";

    @Override
    protected JdbcEndpoint createEndpoint(String uri, JdbcComponent component, DataSource dataSource) {
        return new Endpoint(uri, component, dataSource);
    }

    private static final class Endpoint extends JdbcEndpoint {

        Endpoint(String uri, JdbcComponent component, DataSource dataSource) {
            super(uri, component, dataSource);
            setOutputType(JdbcOutputType.StreamList); // unless the route sets another
        }

        @Override
        public Producer createProducer() {
            setConnectionStrategy(new PoolWaitConnectionStrategy(getConnectionStrategy()));
            if (getOutputType() == JdbcOutputType.StreamList) {
                stream();
            }
            return new TypedJdbcProducer(this);
        }

        /** Camel's defaults would commit before the rows are read, or read all of them into memory. */
        private void stream() {
            setResetAutoCommit(false);
            if (!(getConnectionStrategy() instanceof StreamingConnectionStrategy)) {
                setConnectionStrategy(new StreamingConnectionStrategy(getConnectionStrategy()));
            }
            if (getReadSize() > 0) {
                getParameters().putIfAbsent("maxRows", getReadSize());
            }
            Object fetchSize = getParameters().putIfAbsent("fetchSize", DEFAULT_FETCH_SIZE);
            if (fetchSize != null && fetchSize.toString().strip().equals("0")) {
                throw new IllegalArgumentException(
                        "statement.fetchSize=0 would read all rows of the query into memory; set it to the number"
                                + " of rows to fetch at a time, or omit it for " + DEFAULT_FETCH_SIZE);
            }
        }
    }
}
