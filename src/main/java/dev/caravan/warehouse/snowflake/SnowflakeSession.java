package dev.caravan.warehouse.snowflake;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.ColumnVector;
import dev.caravan.run.Failpoint;
import dev.caravan.run.TransientException;
import dev.caravan.warehouse.Batch;
import dev.caravan.warehouse.Database;
import dev.caravan.warehouse.Dialect;
import dev.caravan.warehouse.LoadSession;
import dev.caravan.warehouse.TableName;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The session of one load. Rows are staged in a temporary table in the schema of the target, which Snowflake drops with the
 * session. Few rows are inserted; more rows are written to files, put to a temporary stage, and copied at the end, when the
 * types are known.
 */
final class SnowflakeSession implements LoadSession {

    private static final Logger LOG = LoggerFactory.getLogger(SnowflakeSession.class);

    /** Up to these limits rows are inserted: PUT and COPY would take longer, because they need more requests. */
    private static final long SMALL_ROWS = 1_000;

    private static final long SMALL_VALUES = 20_000;
    private static final long SMALL_CHARACTERS = 1 << 20;

    /** The largest number of files in a COPY. */
    private static final int NAMES = 1_000;

    private static final String STAGED = "_CARAVAN_STAGED";

    /** The column that numbers the rows. */
    static final String ROW = "_caravan_row";

    private final Connection connection;
    private final Path directory;
    private final TableName table;
    private final String relation;
    private final SnowflakeDatabase database;

    private final List<ColumnType> types = new ArrayList<>();
    /** The rows so far; null when they exceed the limits of an insert. */
    private List<Batch> buffered = new ArrayList<>();

    private StagedFiles files;
    private boolean dirty; // whether the session has a temporary table or stage

    /**
     * @param connection the session's own, which it closes
     * @param directory the directory of files that wait for their upload
     */
    SnowflakeSession(Connection connection, Path directory, TableName table) {
        this.connection = connection;
        this.directory = directory;
        this.table = table;
        Dialect dialect = SnowflakeDialect.INSTANCE;
        this.relation = dialect.qualified(dialect.spell(table).sibling(STAGED));
        this.database = new SnowflakeDatabase(connection, relation);
    }

    @Override
    public void stage(Batch batch) throws SQLException {
        types.clear();
        types.addAll(batch.types());
        if (buffered != null) {
            buffered.add(batch);
            if (isSmall()) {
                return;
            }
            List<Batch> waiting = buffered;
            buffered = null;
            createStage();
            for (Batch first : waiting) {
                files.write(first);
            }
            return;
        }
        files.write(batch);
    }

    private boolean isSmall() {
        long rows = 0;
        long characters = 0;
        for (Batch batch : buffered) {
            rows += batch.size();
            for (ColumnVector column : batch.vectors()) {
                for (int row = 0; row < batch.size(); row++) {
                    characters += column.isNull(row) ? 0 : size(column.get(row));
                }
            }
        }
        return rows <= SMALL_ROWS && rows * types.size() <= SMALL_VALUES && characters <= SMALL_CHARACTERS;
    }

    private static long size(Object value) {
        return value instanceof byte[] bytes
                ? 2L * bytes.length
                : SnowflakeValues.text(value).length();
    }

    private void createStage() throws SQLException {
        files = new StagedFiles(directory, this::put);
        database.createSchema(table);
        dirty = true;
        execute("CREATE OR REPLACE TEMPORARY STAGE " + relation);
    }

    private void put(Path file) throws SQLException {
        Failpoint.hit("snowflake.put");
        execute("PUT " + Snowflake.literal("file://" + file.toAbsolutePath()) + " @" + relation
                + " AUTO_COMPRESS=FALSE SOURCE_COMPRESSION=ZSTD OVERWRITE=TRUE");
    }

    @Override
    public long finishStaging() throws SQLException {
        if (files == null) {
            database.createSchema(table);
        }
        dirty = true;
        execute("CREATE OR REPLACE TEMPORARY TABLE " + relation + " (" + columns() + ")");
        return files == null ? insert() : copy();
    }

    /** Returns the definitions of the row number and the columns. */
    private String columns() {
        StringJoiner columns = new StringJoiner(", ");
        columns.add(ROW + " NUMBER(38,0)");
        for (int i = 0; i < types.size(); i++) {
            ColumnType type = types.get(i);
            // JSON, and columns of only NULLs, are text until they are written to the table
            columns.add("c" + i + " "
                    + (type == null || type.kind() == Kind.JSON
                            ? "VARCHAR"
                            : SnowflakeDialect.INSTANCE.typeName(type)));
        }
        return columns.toString();
    }

    private long insert() throws SQLException {
        long characters = 0;
        String marks = "?" + ", ?".repeat(types.size());
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO " + relation + " VALUES (" + marks + ")")) {
            boolean any = false;
            for (Batch batch : buffered) {
                for (int row = 0; row < batch.size(); row++) {
                    insert.setString(1, Long.toString(batch.firstRow() + row));
                    for (int column = 0; column < types.size(); column++) {
                        Object value = column < batch.vectors().size()
                                ? batch.vectors().get(column).get(row)
                                : null;
                        characters += bind(insert, column + 2, types.get(column), value);
                    }
                    insert.addBatch();
                    any = true;
                }
            }
            if (any) {
                insert.executeBatch();
            }
        }
        return characters;
    }

    /** Binds a value as text, which Snowflake casts to the type of the column; bytes as bytes. */
    private static long bind(PreparedStatement insert, int index, ColumnType type, Object value) throws SQLException {
        if (value == null) {
            insert.setNull(index, type != null && type.kind() == Kind.BINARY ? Types.BINARY : Types.VARCHAR);
            return 0;
        } else if (value instanceof byte[] bytes && type.kind() == Kind.BINARY) {
            insert.setBytes(index, bytes);
            return bytes.length;
        }
        String text = SnowflakeValues.text(value);
        insert.setString(index, text);
        return text.length();
    }

    private long copy() throws SQLException {
        List<String> names = files.finish();
        Failpoint.hit("snowflake.copy");
        for (int from = 0; from < names.size(); from += NAMES) {
            StringJoiner list = new StringJoiner(", ");
            names.subList(from, Math.min(from + NAMES, names.size())).forEach(name -> list.add("'" + name + "'"));
            copy("COPY INTO " + relation + " FROM @" + relation + " FILES = (" + list + ") FILE_FORMAT = ("
                    + StagedFiles.FORMAT + ") ON_ERROR = ABORT_STATEMENT");
        }
        return files.bytes();
    }

    /** Copies files, and fails if one was skipped or loaded in part, which ON_ERROR does not notice. */
    private void copy(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet copied = statement.executeQuery(sql)) {
            while (copied.next()) {
                if (!"LOADED".equals(copied.getString("status"))) {
                    throw new TransientException("Snowflake did not load the staged file " + copied.getString("file")
                            + " for " + table + " (" + copied.getString("status") + "); nothing was changed");
                }
            }
        }
    }

    @Override
    public Database open(boolean write) {
        return database;
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() {
        boolean idle = files == null || files.stop();
        try (connection) {
            if (!idle || database.isSpent()) {
                Snowflake.end(connection);
            } else if (dirty) {
                drop();
            }
        } catch (SQLException e) {
            LOG.debug("Closing a session failed", e);
        }
    }

    /** Drops the temporary objects, or ends the session if that fails. */
    private void drop() throws SQLException {
        try {
            execute("DROP TABLE IF EXISTS " + relation);
            if (files != null) {
                execute("DROP STAGE IF EXISTS " + relation);
            }
        } catch (SQLException e) {
            Snowflake.end(connection);
            throw e;
        }
    }
}
