package dev.caravan.warehouse;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An open connection to a database of the warehouse: runs the statements of a load, whose text comes from the engine's
 * {@link Dialect}. The statements here suit most engines; an engine overrides those that it runs in its own way.
 */
public abstract class Database implements AutoCloseable {

    private final Connection connection;
    private final Dialect dialect;
    private boolean inTransaction;

    protected Database(Connection connection, Dialect dialect) {
        this.connection = connection;
        this.dialect = dialect;
    }

    /** Returns the SQL of the engine. */
    public final Dialect dialect() {
        return dialect;
    }

    /** Finds a table, and returns the name that it has in the database. */
    public abstract Optional<TableName> find(TableName table) throws SQLException;

    /** Returns the name that a table has in the database, or would get there. */
    final TableName resolve(TableName table) throws SQLException {
        Optional<TableName> found = find(table);
        return found.isPresent() ? found.get() : dialect.spell(table);
    }

    /**
     * Returns the columns of a table in their order; empty if it does not exist. A column of a type that Caravan does not
     * create has the type null.
     */
    public abstract List<TableColumn> columns(TableName table) throws SQLException;

    /** Returns the staged rows as an SQL relation. Its columns are c0, c1, ... and {@link #rowNumber()}. */
    public abstract String stagingRelation();

    /** Returns the column of {@link #stagingRelation()} that numbers the rows in the order in which they were read. */
    protected abstract String rowNumber();

    /**
     * Changes the type of a column; all values keep their meaning.
     *
     * @param from the type that it has; null if the table is empty, so that there are no values to convert
     */
    public void retype(TableName table, String column, ColumnType from, ColumnType to) throws SQLException {
        String name = dialect.quote(column);
        update("ALTER TABLE " + dialect.qualified(table) + " ALTER COLUMN " + name + " SET DATA TYPE "
                + dialect.typeName(to) + " USING " + (from == null ? "NULL" : dialect.cast(name, from, to)));
    }

    /** Runs several statements with a schema as the current one: in one transaction if DDL takes part in it. */
    public abstract void script(TableName schema, String sql) throws SQLException;

    /** Creates a table, and its schema, unless they exist. */
    public void create(TableName table, List<Column> columns, List<String> key) throws SQLException {
        createSchema(table);
        ensure(dialect.createTable(table, columns, key));
    }

    /** Runs a statement that creates something unless it exists, while another session may be creating the same. */
    protected void ensure(String sql) throws SQLException {
        update(sql);
    }

    /** Creates the schema of a table unless it exists. */
    public void createSchema(TableName table) throws SQLException {
        ensure("CREATE SCHEMA IF NOT EXISTS " + dialect.qualifiedSchema(table));
    }

    /**
     * Returns what protects a table while a load changes it.
     *
     * @param state the state of the table when the load began
     */
    public ChangeGuard guard(Bookkeeping bookkeeping, TableState state, String loadId) {
        return new ChangeGuard(bookkeeping, state, loadId);
    }

    /** Adds a column, with NULL in all rows. */
    public void add(TableName table, Column column) throws SQLException {
        update("ALTER TABLE " + dialect.qualified(table) + " ADD COLUMN " + dialect.definition(column));
    }

    /** Adds a column unless it exists, while another session may be adding the same. */
    final void addIfMissing(TableName table, Column column) throws SQLException {
        ensure("ALTER TABLE " + dialect.qualified(table) + " ADD COLUMN IF NOT EXISTS " + dialect.definition(column));
    }

    /** Deletes all rows and inserts the staged ones; readers see either the old rows or the new ones. */
    public Replaced replace(TableName table, List<ColumnValue> values) throws SQLException {
        long deleted = clear(table);
        return new Replaced(insert(table, values), deleted);
    }

    /** Drops a table if it exists. */
    final void drop(TableName table) throws SQLException {
        update("DROP TABLE IF EXISTS " + dialect.qualified(table));
    }

    /** Deletes all rows, and returns their number. */
    final long clear(TableName table) throws SQLException {
        return update("DELETE FROM " + dialect.qualified(table));
    }

    /** How many rows a replacement has inserted and deleted. */
    public record Replaced(long inserted, long deleted) {}

    /** Inserts all staged rows. */
    public long insert(TableName table, List<ColumnValue> values) throws SQLException {
        return update("INSERT INTO " + dialect.qualified(table) + " (" + columnNames(values) + ") SELECT "
                + expressions(values) + " FROM " + stagingRelation());
    }

    /**
     * Updates the rows whose key is staged, if one of the compared columns differs, and inserts the rest. The staged keys
     * are unique.
     *
     * @param key the positions of the key's columns
     * @param compared how many of the columns, from the first one on, are compared; the others do not cause an update
     */
    public Merged merge(TableName table, List<ColumnValue> values, List<Integer> key, int compared)
            throws SQLException {
        List<String> set = new ArrayList<>();
        List<String> differs = new ArrayList<>();
        List<String> same = new ArrayList<>();
        List<String> aliased = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            ColumnValue value = values.get(i);
            String column = dialect.quote(value.column());
            aliased.add(value.expression() + " AS v" + i);
            if (key.contains(i)) {
                same.add("t." + column + " = s.v" + i);
            } else {
                set.add(column + " = s.v" + i);
                if (i < compared) {
                    differs.add(dialect.differs("t." + column, "s.v" + i, value.type()));
                }
            }
        }
        return merge(
                table,
                new Matching(
                        columnNames(values),
                        values.size(),
                        "(SELECT " + String.join(", ", aliased) + " FROM " + stagingRelation() + ") s",
                        key.stream().map(position -> "s.v" + position).collect(Collectors.joining(", ")),
                        String.join(" AND ", same),
                        String.join(", ", set),
                        String.join(" OR ", differs)));
    }

    /**
     * The parts of a merge in SQL, where t is the table and s the rows, whose values are v0, v1, ...
     *
     * @param columns the names of all columns
     * @param count the number of columns
     * @param source the rows as a relation
     * @param key the key of a staged row
     * @param same the condition that a row of the table has the key of a staged one
     * @param set the assignments of an update
     * @param differs the condition of an update; empty if no row is updated
     */
    protected record Matching(
            String columns, int count, String source, String key, String same, String set, String differs) {

        /** Returns the values of a row, each with a prefix. */
        public String values(String prefix) {
            return IntStream.range(0, count).mapToObj(i -> prefix + "v" + i).collect(Collectors.joining(", "));
        }
    }

    /** Runs the statements of a merge. */
    protected Merged merge(TableName table, Matching rows) throws SQLException {
        long updated = rows.differs().isEmpty()
                ? 0
                : update("UPDATE " + dialect.qualified(table) + " t SET " + rows.set() + " FROM " + rows.source()
                        + " WHERE " + rows.same() + " AND (" + rows.differs() + ")");
        return new Merged(insertMissing(table, rows), updated);
    }

    /** Inserts the staged rows whose key the table lacks. */
    protected final long insertMissing(TableName table, Matching rows) throws SQLException {
        return update("INSERT INTO " + dialect.qualified(table) + " (" + rows.columns() + ") SELECT "
                + rows.values("s.") + " FROM " + rows.source() + " WHERE NOT EXISTS (SELECT 1 FROM "
                + dialect.qualified(table) + " t WHERE " + rows.same() + ")");
    }

    /** How many rows a merge has inserted and updated. */
    public record Merged(long inserted, long updated) {}

    /** Deletes all staged rows but one of each key: the one with the greatest order, or else the one read last, stays. */
    final void deduplicate(List<String> key, String order) throws SQLException {
        update(dialect.deduplicate(stagingRelation(), rowNumber(), key, order));
    }

    /** Returns whether an expression is NULL in any staged row. */
    final boolean hasNull(String expression) throws SQLException {
        return !query("SELECT 1 FROM " + stagingRelation() + " WHERE " + expression + " IS NULL LIMIT 1", row -> true)
                .isEmpty();
    }

    /** Returns whether all values of a relation's column fit into another type. */
    final boolean allFit(String relation, String expression, ColumnType from, ColumnType to) throws SQLException {
        return all(relation, expression, dialect.fits(expression, from, to));
    }

    /** Returns whether all values of a relation's column meet a condition, which is null if no value does. */
    final boolean all(String relation, String expression, String condition) throws SQLException {
        if ("TRUE".equals(condition)) {
            return true;
        }
        return condition != null
                && query(
                                "SELECT 1 FROM " + relation + " WHERE " + expression + " IS NOT NULL AND NOT coalesce("
                                        + condition + ", FALSE) LIMIT 1",
                                row -> true)
                        .isEmpty();
    }

    /** Work in a transaction. */
    @FunctionalInterface
    protected interface Work<T> {
        T run() throws SQLException;
    }

    /** Does work in a transaction, which is rolled back if the work or the commit fails. */
    protected final <T> T transact(Work<T> work) throws SQLException {
        begin();
        try {
            T result = work.run();
            update("COMMIT");
            inTransaction = false;
            return result;
        } catch (SQLException | RuntimeException e) {
            rollbackAfter(e);
            throw e;
        }
    }

    /** Begins a transaction. */
    protected void begin() throws SQLException {
        inTransaction = true;
        update("BEGIN");
    }

    /** Returns whether a transaction is open, or could be: if it could not be begun or ended, that is not known. */
    protected final boolean isInTransaction() {
        return inTransaction;
    }

    /** Rolls the transaction back after a failure, to which a failure of the rollback is added. */
    private void rollbackAfter(Exception failure) {
        boolean interrupted = Thread.interrupted(); // an interrupted thread cannot run statements
        try {
            update("ROLLBACK");
            inTransaction = false;
        } catch (SQLException e) {
            failure.addSuppressed(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Runs a statement, and returns how many rows it has changed. */
    public final long update(String sql, Object... parameters) throws SQLException {
        if (parameters.length == 0) {
            try (Statement statement = connection.createStatement()) {
                boolean rows = statement.execute(sql);
                executed(statement);
                return rows ? 0 : Math.max(statement.getUpdateCount(), 0);
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bindAll(statement, parameters);
            int count = statement.executeUpdate();
            executed(statement);
            return count;
        }
    }

    /** Runs a query whose rows fit into memory. */
    public final <T> List<T> query(String sql, RowMapper<T> mapper, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bindAll(statement, parameters);
            try (ResultSet rows = statement.executeQuery()) {
                executed(statement);
                List<T> result = new ArrayList<>();
                while (rows.next()) {
                    result.add(mapper.map(rows));
                }
                return result;
            }
        }
    }

    /** Notes that a statement was executed. */
    protected void executed(Statement statement) throws SQLException {}

    /** Returns the id that the engine gave the last statement, as users find it in the engine's history; null if it gives none. */
    public String lastQuery() {
        return null;
    }

    private void bindAll(PreparedStatement statement, Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            bind(statement, i + 1, parameters[i]);
        }
    }

    /** Sets a parameter of a statement: a string, a number, an OffsetDateTime, or null. */
    protected void bind(PreparedStatement statement, int index, Object value) throws SQLException {
        statement.setObject(index, value);
    }

    /** Maps a row of a result. */
    @FunctionalInterface
    public interface RowMapper<T> {
        T map(ResultSet row) throws SQLException;
    }

    /** Reads a value in the Java type of its kind. */
    public Object value(ResultSet row, int index, Kind kind) throws SQLException {
        return switch (kind) {
            case BOOLEAN -> row.getObject(index, Boolean.class);
            case INTEGER -> row.getObject(index, Long.class);
            case DECIMAL -> row.getObject(index, BigDecimal.class);
            case DOUBLE -> row.getObject(index, Double.class);
            case DATE -> row.getObject(index, LocalDate.class);
            case TIME -> row.getObject(index, LocalTime.class);
            case TIMESTAMP -> row.getObject(index, LocalDateTime.class);
            case TIMESTAMP_TZ -> row.getObject(index, OffsetDateTime.class);
            case BINARY -> row.getBytes(index);
            case TEXT, JSON -> row.getString(index);
        };
    }

    protected final String columnNames(List<ColumnValue> values) {
        return dialect.names(values.stream().map(ColumnValue::column).toList());
    }

    protected static String expressions(List<ColumnValue> values) {
        return values.stream().map(ColumnValue::expression).collect(Collectors.joining(", "));
    }

    protected final Connection connection() {
        return connection;
    }

    @Override
    public abstract void close();
}
