package dev.caravan.warehouse.postgresql;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnVector;
import dev.caravan.run.CancellableConnection;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.Batch;
import dev.caravan.warehouse.Database;
import dev.caravan.warehouse.LoadSession;
import dev.caravan.warehouse.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection to the warehouse, with a temporary table that holds the staged rows. */
final class PostgreSqlSession implements LoadSession {

    private static final Logger LOG = LoggerFactory.getLogger(PostgreSqlSession.class);

    private static final String NAME = "_caravan_staged";
    private static final String RELATION = "pg_temp." + NAME;
    /** The column that numbers the rows. */
    private static final String ROW_NUMBER = "n";
    /** How many bytes a COPY sends. Each is a transaction; a COPY for each batch makes a load of narrow rows nearly twice as long. */
    private static final int COPY = 2 << 20;

    /** Where the server found a value that it does not accept. */
    private static final Pattern PLACE = Pattern.compile("COPY " + NAME + ", line (\\d+)(?:, column c(\\d+))?");

    private final CancellableConnection cancellable;
    private final Connection connection;
    private final PGConnection postgreSql;
    private final int prepareThreshold;
    private final TableName table;
    private final Duration lockTimeout;

    /** The staged columns in the order of the temporary table, each with its position in the batches. */
    private final List<Integer> positions = new ArrayList<>();

    private final List<ColumnType> types = new ArrayList<>();
    private final CopyText text = new CopyText();
    /** The columns of the last batch. */
    private List<Column> columns = List.of();
    /** How many rows the table has. */
    private long copied;

    private boolean hasTable;
    private long bytes;

    /**
     * @param cancellable the connection, which is closed with the session
     * @param lockTimeout how long a statement waits for a lock
     */
    PostgreSqlSession(CancellableConnection cancellable, TableName table, Duration lockTimeout) throws SQLException {
        this.cancellable = cancellable;
        this.connection = cancellable.connection();
        this.table = table;
        this.lockTimeout = lockTimeout;
        this.postgreSql = connection.unwrap(PGConnection.class);
        this.prepareThreshold = postgreSql.getPrepareThreshold();
        connection.setAutoCommit(true); // statements begin and end the transactions
        connection.setReadOnly(false);
        // a statement that the server has prepared fails once its columns have other types
        postgreSql.setPrepareThreshold(0);
    }

    @Override
    public void stage(Batch batch) throws SQLException {
        adapt(batch.types());
        columns = batch.columns();
        List<ColumnVector> vectors = batch.vectors();
        for (int row = 0; row < batch.size(); row++) {
            write(vectors, row, batch.firstRow() + row);
            if (text.length() >= COPY) {
                copy();
            }
        }
    }

    /** Creates the table, adds columns that are new, and changes those whose type has become wider. */
    private void adapt(List<ColumnType> wanted) throws SQLException {
        if (!hasTable) {
            execute("DROP TABLE IF EXISTS " + RELATION);
            execute("CREATE TEMPORARY TABLE " + NAME + " (" + ROW_NUMBER + " bigint)");
            hasTable = true;
        }
        PostgreSqlDialect dialect = PostgreSqlDialect.INSTANCE;
        List<String> changes = new ArrayList<>();
        for (int position = 0; position < wanted.size(); position++) {
            ColumnType type = wanted.get(position);
            int at = positions.indexOf(position);
            String column = "c" + position;
            if (type != null && at < 0) {
                changes.add("ADD COLUMN " + column + " " + dialect.typeName(type));
                positions.add(position);
                types.add(type);
            } else if (type != null && !type.equals(types.get(at))) {
                changes.add("ALTER COLUMN " + column + " SET DATA TYPE " + dialect.typeName(type) + " USING "
                        + dialect.cast(column, types.get(at), type));
                types.set(at, type);
            }
        }
        if (!changes.isEmpty()) {
            copy();
            execute("ALTER TABLE " + RELATION + " " + String.join(", ", changes));
        }
    }

    /** Sends the rows that have been written since the last time. */
    private void copy() throws SQLException {
        byte[] rows = text.take();
        if (rows.length == 0) {
            return;
        }
        CopyIn copy = postgreSql.getCopyAPI().copyIn("COPY " + RELATION + " FROM STDIN");
        try {
            copy.writeToCopy(rows, 0, rows.length);
            copied += copy.endCopy();
        } catch (SQLException e) {
            throw located(e);
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    private void write(List<ColumnVector> vectors, int row, long number) {
        text.row(number);
        for (int i = 0; i < types.size(); i++) {
            int position = positions.get(i);
            try {
                bytes += text.value(vectors.get(position), row, types.get(i));
            } catch (CopyText.NulCharacterException e) {
                throw refused(position, number + 1, "text with the character U+0000", e);
            }
        }
        text.endRow();
    }

    /** Names the column and the row of a value that the server does not accept. */
    private SQLException located(SQLException failure) {
        ServerErrorMessage message = failure instanceof PSQLException e ? e.getServerErrorMessage() : null;
        Matcher place = PLACE.matcher(message == null ? "" : String.valueOf(message.getWhere()));
        if (!place.find()
                || place.group(2) == null
                || !String.valueOf(failure.getSQLState()).startsWith("22")) {
            return failure;
        }
        int position = Integer.parseInt(place.group(2));
        throw refused(position, copied + Long.parseLong(place.group(1)), message.getMessage(), failure);
    }

    private PermanentException refused(int position, long row, String reason, Exception cause) {
        return new PermanentException(
                "PostgreSQL cannot store a value of the column "
                        + columns.get(position).name() + " in row " + row + " for " + table
                        + ": " + reason + ". Correct the source",
                cause);
    }

    @Override
    public long finishStaging() throws SQLException {
        copy();
        execute("ANALYZE " + RELATION); // no autovacuum does it for a temporary table
        return bytes;
    }

    @Override
    public Database open(boolean write) {
        return new PostgreSqlDatabase(connection, RELATION, ROW_NUMBER, lockTimeout);
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Returns the connection as it was; one that cannot be restored is not used again. */
    @Override
    public void close() {
        try (cancellable) {
            try {
                if (hasTable) {
                    execute("DROP TABLE " + RELATION);
                }
                postgreSql.setPrepareThreshold(prepareThreshold);
            } catch (SQLException e) {
                cancellable.discard();
                throw e;
            }
        } catch (SQLException e) {
            LOG.debug("Closing failed", e);
        }
    }
}
