package dev.caravan.warehouse.duckdb;

import dev.caravan.warehouse.QueryResult;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A query over all databases, none of which it can change. */
final class DuckDbQuery implements QueryResult {

    private static final Logger LOG = LoggerFactory.getLogger(DuckDbQuery.class);

    /** What to close at the end, last opened first. */
    private final Deque<AutoCloseable> open;

    private final ResultSet rows;
    private final Function<SQLException, RuntimeException> explain;
    private final List<String> columns = new ArrayList<>();
    private final List<String> types = new ArrayList<>();
    private Boolean more;

    private DuckDbQuery(Deque<AutoCloseable> open, ResultSet rows, Function<SQLException, RuntimeException> explain)
            throws SQLException {
        this.open = open;
        this.rows = rows;
        this.explain = explain;
        ResultSetMetaData metaData = rows.getMetaData();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            columns.add(metaData.getColumnLabel(i));
            types.add(metaData.getColumnTypeName(i));
        }
    }

    /** @param explain what to throw if a row cannot be read */
    static DuckDbQuery run(DatabaseFiles files, String sql, Function<SQLException, RuntimeException> explain)
            throws SQLException {
        Deque<AutoCloseable> open = new ArrayDeque<>();
        try {
            Connection connection = files.connect();
            open.push(connection);
            // not in the warehouse's directory, which readers may not be allowed to write to
            DatabaseFiles.spill(
                    connection, Path.of(System.getProperty("java.io.tmpdir"), "caravan-" + UUID.randomUUID()));
            for (String database : files.databases()) {
                open.push(files.attach(connection, database, false));
            }
            DatabaseFiles.execute(connection, "SET enable_external_access = false");
            DatabaseFiles.execute(connection, "SET lock_configuration = true");
            Statement statement = connection.createStatement();
            open.push(statement);
            ResultSet rows = statement.executeQuery(sql);
            open.push(rows);
            return new DuckDbQuery(open, rows, explain);
        } catch (SQLException | RuntimeException e) {
            close(open);
            throw e;
        } catch (IOException e) {
            close(open);
            throw files.unusable(e);
        }
    }

    @Override
    public List<String> columns() {
        return columns;
    }

    @Override
    public boolean hasNext() {
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
    public List<Object> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        more = null;
        try {
            Object[] row = new Object[columns.size()];
            for (int i = 0; i < row.length; i++) {
                row[i] = value(i);
            }
            return Arrays.asList(row);
        } catch (SQLException e) {
            throw explain.apply(e);
        }
    }

    private Object value(int column) throws SQLException {
        Object value = types.get(column).equals("TIMESTAMP")
                ? rows.getObject(column + 1, LocalDateTime.class)
                : rows.getObject(column + 1);
        if (value instanceof Blob blob) {
            return blob.getBytes(1, Math.toIntExact(blob.length()));
        }
        return types.get(column).equals("JSON") && value != null ? value.toString() : value;
    }

    @Override
    public void close() {
        close(open);
    }

    private static void close(Deque<AutoCloseable> open) {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                LOG.debug("Closing failed", e);
            }
        }
    }
}
