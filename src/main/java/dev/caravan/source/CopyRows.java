package dev.caravan.source;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnBatch;
import dev.caravan.data.ColumnVector;
import dev.caravan.data.ColumnarRows;
import dev.caravan.run.CancellableConnection;
import dev.caravan.run.Failpoint;
import dev.caravan.run.SqlState;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyOut;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows of {@code COPY (query) TO STDOUT (FORMAT BINARY)}, decoded into columns as the server sends them. Returns the
 * connection to its pool after the last row.
 */
final class CopyRows implements SourceRows, ColumnarRows {

    private static final Logger LOG = LoggerFactory.getLogger(CopyRows.class);

    private static final byte[] SIGNATURE = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0};

    /** The signature, flags, and the length of the header's extension. */
    private static final int HEADER = SIGNATURE.length + 8;

    /** The most rows of a batch. */
    static final int MAX_BATCH_ROWS = 8192;

    private static final int MAX_BATCH_BYTES = 1 << 20;
    private static final int FIRST_BATCH_ROWS = 64;

    private final CancellableConnection connection;
    private final CopyOut copy;
    private final List<Column> columns;
    private final Row.Header header;
    private final CopyColumn[] decoders;
    private final int batchRows;
    private final SqlErrors errors;

    private byte[] data = {};
    private int position;
    private boolean begun;
    private boolean ended;
    private boolean closed;

    private int expectedRows = FIRST_BATCH_ROWS;
    private ColumnBatch current;
    private int row;

    CopyRows(
            CancellableConnection connection,
            CopyOut copy,
            List<Column> columns,
            Row.Header header,
            CopyColumn[] decoders,
            int batchRows,
            SqlErrors errors) {
        this.connection = connection;
        this.copy = copy;
        this.columns = List.copyOf(columns);
        this.header = header;
        this.decoders = decoders;
        this.batchRows = batchRows;
        this.errors = errors;
    }

    @Override
    public List<Column> columns() {
        return columns;
    }

    @Override
    public ColumnBatch nextBatch() {
        if (ended || closed) {
            return null;
        }
        for (CopyColumn decoder : decoders) {
            decoder.begin(Math.min(expectedRows, batchRows));
        }
        int rows = 0;
        try {
            long bytes = 0;
            while (rows < batchRows && bytes < MAX_BATCH_BYTES && findRow()) {
                Failpoint.hit("source.row");
                int begin = position;
                decodeRow();
                bytes += position - begin;
                rows++;
            }
        } catch (SQLException e) {
            closeQuietly();
            throw (RuntimeException) errors.translate(e);
        } catch (RuntimeException e) {
            closeQuietly();
            throw e;
        }
        if (ended) {
            close();
        }
        if (rows == 0) {
            return null;
        }
        expectedRows = CopyColumn.withReserve(rows);
        List<ColumnVector> vectors = new ArrayList<>(decoders.length);
        for (CopyColumn decoder : decoders) {
            vectors.add(decoder.vector());
        }
        return new ColumnBatch(vectors, rows);
    }

    /** Reads until a whole row stands at the position. Returns false after the last row. */
    private boolean findRow() throws SQLException {
        while (true) {
            if (begun || skipHeader()) {
                if (data.length - position >= 2 && CopyColumn.int2(data, position) == -1) {
                    position += 2;
                    finish();
                    return false;
                }
                if (isRowWhole()) {
                    return true;
                }
            }
            byte[] more = copy.readFromCopy();
            if (more == null) {
                throw new PSQLException("The server ended COPY without its end marker", PSQLState.CONNECTION_FAILURE);
            }
            // the server sends one row per message; a proxy may cut it differently
            if (position < data.length) {
                byte[] joined = Arrays.copyOfRange(data, position, data.length + more.length);
                System.arraycopy(more, 0, joined, data.length - position, more.length);
                data = joined;
            } else {
                data = more;
            }
            position = 0;
        }
    }

    private boolean skipHeader() throws SQLException {
        if (data.length < HEADER) {
            return false;
        }
        if (!Arrays.equals(data, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length)) {
            throw new PSQLException("The server did not send binary COPY data", PSQLState.PROTOCOL_VIOLATION);
        }
        int end = HEADER + CopyColumn.int4(data, HEADER - 4);
        if (data.length < end) {
            return false;
        }
        position = end;
        begun = true;
        return true;
    }

    private boolean isRowWhole() throws SQLException {
        int available = data.length;
        int at = position + 2;
        if (at > available) {
            return false;
        }
        int fields = CopyColumn.int2(data, position);
        if (fields != decoders.length) {
            throw new PSQLException(
                    "The server sent " + fields + " columns instead of " + decoders.length,
                    PSQLState.PROTOCOL_VIOLATION);
        }
        for (int i = 0; i < fields; i++) {
            if (available - at < 4) {
                return false;
            }
            int length = CopyColumn.int4(data, at);
            at += 4;
            if (length > 0) {
                if (available - at < length) {
                    return false;
                }
                at += length;
            }
        }
        return true;
    }

    private void decodeRow() {
        int at = position + 2;
        int i = 0;
        try {
            for (; i < decoders.length; i++) {
                int length = CopyColumn.int4(data, at);
                at += 4;
                if (length < 0) {
                    decoders[i].addNull();
                } else {
                    decoders[i].add(data, at, length);
                    at += length;
                }
            }
        } catch (RuntimeException e) {
            throw SourceRows.unreadable(errors, columns.get(i), e);
        }
        position = at;
    }

    /** Reads the end of the command, so that the connection can be used again. */
    private void finish() throws SQLException {
        while (copy.readFromCopy() != null) {
            LOG.debug("The server sent data after the last row");
        }
        ended = true;
    }

    @Override
    public boolean hasNext() {
        if (current == null || row == current.size()) {
            current = nextBatch();
            row = 0;
        }
        return current != null;
    }

    @Override
    public Map<String, Object> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Object[] values = new Object[decoders.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = decoders[i].value(current.columns().get(i), row);
        }
        row++;
        return new Row(header, values);
    }

    /** Ends the source's transaction at once, possibly long before the exchange ends. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try (connection) {
            if (copy.isActive()) {
                cancel();
            }
        } catch (SQLException e) {
            throw (RuntimeException) errors.translate(e);
        }
    }

    /** Cancels the query, and reads what the server has sent until then. */
    private void cancel() throws SQLException {
        Connection used = connection.connection();
        try {
            used.unwrap(PGConnection.class).cancelQuery();
            finish();
            // the cancellation was too late, and may hit the next command
            connection.discard();
        } catch (SQLException e) {
            if (!SqlState.of(e).equals(PSQLState.QUERY_CANCELED.getState())) {
                connection.discard();
                used.abort(Runnable::run);
            }
        }
    }
}
