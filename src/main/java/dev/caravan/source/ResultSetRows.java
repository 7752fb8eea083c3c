package dev.caravan.source;

import dev.caravan.data.Column;
import dev.caravan.run.CancellableConnection;
import dev.caravan.run.Failpoint;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/** The rows of a query, read as the database sends them. Returns the connection to its pool after the last row. */
final class ResultSetRows implements SourceRows {

    private final CancellableConnection connection;
    private final Statement statement;
    private final ResultSet resultSet;
    private final SqlErrors errors;
    private final List<Column> columns;
    private final ColumnReader[] readers;
    private final Row.Header header;
    private State state = State.UNKNOWN;

    private enum State {
        UNKNOWN,
        ON_ROW,
        ENDED
    }

    ResultSetRows(CancellableConnection connection, ResultSet resultSet, SqlErrors errors) throws SQLException {
        this.connection = connection;
        this.resultSet = resultSet;
        this.statement = resultSet.getStatement();
        this.errors = errors;
        ResultSetMetaData metaData = resultSet.getMetaData();
        readers = new ColumnReader[metaData.getColumnCount()];
        List<Column> found = new ArrayList<>();
        for (int i = 0; i < readers.length; i++) {
            readers[i] = ColumnReader.of(metaData, i + 1);
            found.add(readers[i].column());
        }
        columns = List.copyOf(found);
        header = SourceRows.header(columns);
    }

    @Override
    public List<Column> columns() {
        return columns;
    }

    @Override
    public boolean hasNext() {
        if (state == State.UNKNOWN) {
            try {
                state = resultSet.next() ? State.ON_ROW : State.ENDED;
            } catch (SQLException e) {
                throw failed(e);
            }
            if (state == State.ENDED) {
                close();
            }
        }
        return state == State.ON_ROW;
    }

    @Override
    public Map<String, Object> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Failpoint.hit("source.row");
        Object[] values = new Object[readers.length];
        int i = 0;
        try {
            for (; i < values.length; i++) {
                values[i] = readers[i].read(resultSet);
            }
        } catch (SQLException e) {
            throw failed(e);
        } catch (DateTimeException e) {
            closeQuietly();
            throw SourceRows.unreadable(errors, columns.get(i), e);
        }
        state = State.UNKNOWN;
        return new Row(header, values);
    }

    private RuntimeException failed(SQLException e) {
        closeQuietly();
        return (RuntimeException) errors.translate(e);
    }

    /** Ends the source's transaction at once, possibly long before the exchange ends. */
    @Override
    public void close() {
        state = State.ENDED;
        try (connection;
                statement;
                resultSet) {
            // closes in reverse order
        } catch (SQLException e) {
            throw (RuntimeException) errors.translate(e);
        }
    }
}
