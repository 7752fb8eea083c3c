package dev.caravan.warehouse.duckdb;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnVector;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.warehouse.Batch;
import dev.caravan.warehouse.Database;
import dev.caravan.warehouse.HeldConnection;
import dev.caravan.warehouse.LoadSession;
import dev.caravan.warehouse.SpillDirectory;
import dev.caravan.warehouse.TableName;
import dev.caravan.warehouse.Values;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A private DuckDB in memory that holds the staged rows, and to which the target is attached while it is open. */
final class DuckDbSession implements LoadSession {

    private static final Logger LOG = LoggerFactory.getLogger(DuckDbSession.class);

    static final String TABLE = "_caravan_staged";
    static final String STAGED = "memory.main." + TABLE;

    /** The column of a table that has no other yet. */
    private static final String NOTHING = "nothing";

    /**
     * The bytes after which the appender is flushed: its memory does not spill, and it holds up to 2,048 rows of any size.
     */
    private static final long APPENDED = 16L << 20;

    /** The number of rows that DuckDB processes at once. */
    private static final int VECTOR = 2048;

    /** The rows from which several threads write: two groups of 122,880, the least that DuckDB gives to a thread. */
    private static final int PARALLEL = 2 * 122_880;

    private final DatabaseFiles files;
    private final TableName table;
    private final Run run;
    private final DuckDBConnection connection;
    private SpillDirectory spill;

    /** The staged columns in the order of the table: the position of each in the batches. */
    private final List<Integer> positions = new ArrayList<>();

    private final List<ColumnType> types = new ArrayList<>();
    /** For rows that come one by one. */
    private DuckDBAppender appender;
    /** For rows that come by column. */
    private ColumnInsert insert;

    private boolean inTransaction;
    private long staged;
    private long bytes;
    /** The bytes that the appender has flushed. */
    private long flushed;

    private long rows;
    /** The bytes before the vector of the last row. */
    private long vector;
    /** The bytes of the largest vector. */
    private long heaviest;

    /** @param run the run that it works for, or null */
    DuckDbSession(DatabaseFiles files, TableName table, Run run) throws SQLException {
        this.files = files;
        this.table = table;
        this.run = run;
        this.connection = files.connect();
        execute("CREATE TABLE " + STAGED + " (" + NOTHING + " BOOLEAN)");
    }

    @Override
    public void stage(Batch batch) throws SQLException {
        spill();
        adapt(batch);
        List<ColumnVector> values = positions.stream().map(batch.vectors()::get).toList();
        begin();
        if (isColumnar(values, batch.size())) {
            insert(values, batch.size());
        } else {
            append(values, batch.size());
        }
        staged += batch.size();
    }

    private boolean isColumnar(List<ColumnVector> values, int size) {
        boolean vectors = false;
        for (int i = 0; i < values.size(); i++) {
            if (!ColumnInsert.takes(values.get(i), types.get(i), size)) {
                return false;
            }
            vectors |= !(values.get(i) instanceof ColumnVector.Objects);
        }
        return vectors;
    }

    private void begin() throws SQLException {
        if (!inTransaction) {
            // each batch is a small statement, which the optimizer only slows down
            execute("PRAGMA disable_optimizer");
            execute("BEGIN");
            inTransaction = true;
        }
    }

    private void insert(List<ColumnVector> values, int size) throws SQLException {
        closeAppender();
        long before = bytes;
        for (ColumnVector vector : values) {
            bytes += bytes(vector, size);
        }
        heaviest = Math.max(heaviest, bytes - before);
        files.allow(connection, heaviest);
        if (insert == null) {
            insert = new ColumnInsert(connection, STAGED);
        }
        long inserted = insert.insert(values, types, size);
        if (inserted != size) {
            throw new SQLException("DuckDB has inserted " + inserted + " of " + size + " rows");
        }
    }

    private static long bytes(ColumnVector vector, int size) {
        if (vector instanceof ColumnVector.Bytes text) {
            return size == 0 ? 0 : text.ends()[size - 1];
        }
        return IntStream.range(0, size).filter(row -> !vector.isNull(row)).count() * DuckDbValues.FIXED;
    }

    private void append(List<ColumnVector> values, int size) throws SQLException {
        if (appender == null) {
            appender = connection.createAppender("memory", "main", TABLE);
        }
        List<DuckDbValues> appended = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            appended.add(DuckDbValues.of(appender, values.get(i), types.get(i)));
        }
        for (int row = 0; row < size; row++) {
            appender.beginRow();
            for (int i = 0; i < appended.size(); i++) {
                append(appended.get(i), row, i);
            }
            if (values.isEmpty()) {
                appender.appendNull();
            }
            appender.endRow();
            heaviest = Math.max(heaviest, bytes - vector);
            if (++rows % VECTOR == 0) {
                vector = bytes;
            }
            if (bytes - flushed >= APPENDED) {
                appender.flush();
                flushed = bytes;
            }
        }
    }

    private void spill() throws SQLException {
        if (spill == null) {
            try {
                spill = SpillDirectory.create(files.directory());
            } catch (IOException e) {
                throw files.unusable(e);
            }
            DatabaseFiles.spill(connection, spill.path());
        }
    }

    /** Adds new columns, and changes those whose type has become wider. */
    private void adapt(Batch batch) throws SQLException {
        for (int position = 0; position < batch.types().size(); position++) {
            ColumnType type = batch.types().get(position);
            int at = positions.indexOf(position);
            String column = "c" + position;
            if (type != null && at < 0) {
                flush();
                execute("ALTER TABLE " + STAGED + " ADD COLUMN " + column + " "
                        + DuckDbDialect.INSTANCE.typeName(type));
                if (positions.isEmpty()) {
                    execute("ALTER TABLE " + STAGED + " DROP COLUMN " + NOTHING);
                }
                positions.add(position);
                types.add(type);
            } else if (type != null && !Objects.equals(type, types.get(at))) {
                flush();
                execute("ALTER TABLE " + STAGED + " ALTER COLUMN " + column + " SET DATA TYPE "
                        + DuckDbDialect.INSTANCE.typeName(type) + " USING "
                        + DuckDbDialect.INSTANCE.cast(column, types.get(at), type));
                types.set(at, type);
            }
        }
    }

    private void append(DuckDbValues values, int row, int column) throws SQLException {
        if (values.vector().isNull(row)) {
            appender.appendNull();
            return;
        }
        try {
            bytes += values.append(row);
        } catch (ArithmeticException e) {
            throw new PermanentException(
                    "The rows for " + table + " have in column " + (positions.get(column) + 1) + " the time "
                            + Values.text(values.vector().get(row)) + ", which is out of DuckDB's range; correct the"
                            + " source, or load the column as text by the option type.COLUMN",
                    e);
        }
    }

    private void flush() throws SQLException {
        closeAppender();
        if (insert != null) {
            insert.close();
        }
        if (inTransaction) {
            files.allow(connection, heaviest);
            execute("COMMIT");
            execute("PRAGMA enable_optimizer");
            inTransaction = false;
        }
    }

    private void closeAppender() throws SQLException {
        if (appender != null) {
            try (DuckDBAppender full = appender) {
                appender = null;
                full.flush(); // close() does not throw if rows are lost
            }
            flushed = bytes;
        }
    }

    @Override
    public long finishStaging() throws SQLException {
        flush();
        return bytes;
    }

    @Override
    public Database open(boolean write) throws SQLException {
        if (write) {
            spill();
        }
        DatabaseFiles.Attached attached = files.attach(connection, table.database(), write);
        if (write && staged >= PARALLEL) {
            files.writeInParallel(connection, types.size() + 1);
        }
        return new DuckDbDatabase(new HeldConnection(connection, run), attached);
    }

    private void execute(String sql) throws SQLException {
        DatabaseFiles.execute(connection, sql);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.debug("Closing failed", e);
        } finally {
            if (spill != null) {
                spill.close();
            }
        }
    }
}
