package dev.caravan.warehouse;

import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rows of a JDBC result set. An engine says how a value is read. */
public abstract class JdbcQueryResult implements QueryResult {

    private static final Logger LOG = LoggerFactory.getLogger(JdbcQueryResult.class);

    private final Resources resources;
    private final ResultSet rows;
    private final Function<SQLException, RuntimeException> explain;
    private final List<String> columns = new ArrayList<>();
    private Boolean more;

    /**
     * @param resources closed with this result, or by the caller if this constructor throws
     * @param explain returns what to throw if a row cannot be read
     */
    protected JdbcQueryResult(Resources resources, ResultSet rows, Function<SQLException, RuntimeException> explain)
            throws SQLException {
        this.resources = resources;
        this.rows = rows;
        this.explain = explain;
        ResultSetMetaData metaData = rows.getMetaData();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            columns.add(metaData.getColumnLabel(i));
        }
    }

    /** Reads the value of a column of the current row; the first one has the index 1. */
    protected abstract Object value(ResultSet row, int column) throws SQLException;

    @Override
    public final List<String> columns() {
        return columns;
    }

    @Override
    public final boolean hasNext() {
        if (more == null) {
            try {
                more = rows.next();
            } catch (SQLException e) {
                throw explain.apply(e);
            }
        }
        return more;
    }

    @Override
    public final List<Object> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        more = null;
        try {
            List<Object> row = new ArrayList<>(columns.size());
            for (int column = 1; column <= columns.size(); column++) {
                row.add(value(rows, column));
            }
            return Collections.unmodifiableList(row);
        } catch (SQLException e) {
            throw explain.apply(e);
        }
    }

    @Override
    public final void close() {
        resources.close();
    }

    /** What is open for a query. Closes the last one first, and goes on if one cannot be closed. */
    public static final class Resources implements AutoCloseable {

        private final Deque<AutoCloseable> open = new ArrayDeque<>();

        /** Adds a resource, and returns it. */
        public <T extends AutoCloseable> T add(T resource) {
            open.push(resource);
            return resource;
        }

        @Override
        public void close() {
            while (!open.isEmpty()) {
                try {
                    open.pop().close();
                } catch (Exception e) {
                    LOG.debug("Closing failed", e);
                }
            }
        }
    }
}
