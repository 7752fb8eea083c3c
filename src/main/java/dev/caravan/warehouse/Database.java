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

/**
 * A database of the warehouse, opened for a moment. Holds the SQL that all engines have in common; what differs is
 * abstract, or overridden.
 */
public abstract class Database implements AutoCloseable {

    private final Connection connection;

    protected Database(Connection connection) {
        this.connection = connection;
    }

    /** The name of a type in DDL. */
    protected abstract String sqlType(ColumnType type);

    /** A name as it is compared with others: two names that fold alike are the same. */
    public abstract String fold(String name);

    /** A name of the source as the database spells it. */
    public String name(String name) {
        return name;
    }

    /** The name of a table as it is compared with others. */
    final TableName fold(TableName table) {
        return new TableName(fold(table.database()), fold(table.schema()), fold(table.table()));
    }

    /** A table by the name that it has in the database. */
    public abstract Optional<TableName> find(TableName table) throws SQLException;

    /** A table by the name that it has in the database, or would get there. */
    final TableName resolve(TableName table) throws SQLException {
        Optional<TableName> found = find(table);
        return found.isPresent()
                ? found.get()
                : new TableName(name(table.database()), name(table.schema()), name(table.table()));
    }

    /** The columns of a table in their order; those of a type that Caravan does not create have the type null. */
    public abstract List<TableColumn> columns(TableName table) throws SQLException;

    /** The rows that were staged, as an SQL relation. */
    public abstract String staged();

    /** The column of {@link #staged()} that numbers the rows as they came; the others are c0, c1, ... */
    protected abstract String row();

    /**
     * Changes the type of a column; all values that are there keep their meaning.
     *
     * @param from the type that it has; null if the table is empty, so that there are no values to keep
     */
    public abstract void retype(TableName table, String column, ColumnType from, ColumnType to) throws SQLException;

    /** An expression in another type. */
    public abstract String cast(String expression, ColumnType from, ColumnType to);

    /**
     * A condition that is true if and only if a value that is not NULL comes back the same from another type.
     *
     * @return the condition, or null if such values never fit
     */
    public abstract String fits(String expression, ColumnType from, ColumnType to);

    /**
     * As {@link #fits}, for values of a table whose new type the user has stated: text that spells a value is one, and
     * a time without a zone is UTC.
     */
    public abstract String converts(String expression, ColumnType from, ColumnType to);

    /** Runs several statements, all or nothing where the engine can, with the schema as the current one. */
    public abstract void script(TableName schema, String sql) throws SQLException;

    /** NULL of a type. */
    final String nothing(ColumnType type) {
        return "CAST(NULL AS " + sqlType(type) + ")";
    }

    /** Creates a table, and its schema, unless they are there. */
    public void create(TableName table, List<Column> columns, List<String> key) throws SQLException {
        createSchema(table);
        String definitions = columns.stream().map(this::definition).collect(Collectors.joining(", "));
        ensure("CREATE TABLE IF NOT EXISTS " + table.quoted() + " (" + definitions
                + (key.isEmpty()
                        ? ""
                        : ", PRIMARY KEY (" + names(key.stream().map(this::name).toList()) + ")") + ")");
    }

    /** Runs a statement that creates something unless it is there, where somebody else may be creating the same. */
    protected void ensure(String sql) throws SQLException {
        update(sql);
    }

    /** Creates the schema of a table unless it is there. */
    public void createSchema(TableName table) throws SQLException {
        ensure("CREATE SCHEMA IF NOT EXISTS " + table.quotedSchema());
    }

    /**
     * Whether others may write while this is open, even in the middle of a change of a table: a transaction does not
     * hold such a change.
     */
    public boolean isShared() {
        return false;
    }

    /** Whether a table of these columns is in the middle of a change, or somebody has died there. */
    public boolean isHalfChanged(List<TableColumn> columns) {
        return false;
    }

    /** Finishes or undoes a change that was left half done. */
    public void recover(TableName table) throws SQLException {}

    /** A text as a literal. */
    public String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** Adds a column, with NULL in all rows. */
    public void add(TableName table, Column column) throws SQLException {
        update("ALTER TABLE " + table.quoted() + " ADD COLUMN " + definition(column));
    }

    /** As {@link #add}, where somebody else may be about to do the same. */
    final void addIfMissing(TableName table, Column column) throws SQLException {
        ensure("ALTER TABLE " + table.quoted() + " ADD COLUMN IF NOT EXISTS " + definition(column));
    }

    private String definition(Column column) {
        return TableName.quote(name(column.name())) + " " + sqlType(column.type());
    }

    /** Deletes all rows and inserts others, so that no reader sees a moment between. */
    public Replaced replace(TableName table, List<String> columns, List<String> expressions) throws SQLException {
        long deleted = clear(table);
        return new Replaced(insert(table, columns, expressions), deleted);
    }

    /** Drops a table if it is there. */
    final void drop(TableName table) throws SQLException {
        update("DROP TABLE IF EXISTS " + table.quoted());
    }

    /** Deletes all rows, and returns how many there were. */
    final long clear(TableName table) throws SQLException {
        return update("DELETE FROM " + table.quoted());
    }

    /** What a replacement has done. */
    public record Replaced(long inserted, long deleted) {}

    /** Inserts all staged rows. */
    public long insert(TableName table, List<String> columns, List<String> expressions) throws SQLException {
        return update("INSERT INTO " + table.quoted() + " (" + names(columns) + ") SELECT "
                + String.join(", ", expressions) + " FROM " + staged());
    }

    /**
     * Overwrites the rows whose key is staged, unless nothing but the marks differs, and inserts the rest. The staged keys
     * are unique.
     *
     * @param key the positions of the key's columns
     * @param marks how many of the last columns do not count in the comparison
     */
    public Merged merge(TableName table, List<String> columns, List<String> expressions, List<Integer> key, int marks)
            throws SQLException {
        String source = "(SELECT " + aliased(expressions) + " FROM " + staged() + ") s";
        List<String> set = new ArrayList<>();
        List<String> differs = new ArrayList<>();
        List<String> same = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            String column = TableName.quote(columns.get(i));
            if (key.contains(i)) {
                same.add("t." + column + " = s.v" + i);
            } else {
                set.add(column + " = s.v" + i);
                if (i < columns.size() - marks) {
                    differs.add("t." + column + " IS DISTINCT FROM s.v" + i);
                }
            }
        }
        return merge(
                table,
                new Matching(
                        columns,
                        source,
                        String.join(" AND ", same),
                        String.join(", ", set),
                        String.join(" OR ", differs)));
    }

    /**
     * The parts of a merge in SQL, where t is the table and s the rows, whose values are v0, v1, ...
     *
     * @param columns the columns of all values
     * @param source the rows as a relation
     * @param same what rows of the same key have in common
     * @param set the assignments that overwrite a row
     * @param differs when a row has to be overwritten; empty if never
     */
    protected record Matching(List<String> columns, String source, String same, String set, String differs) {}

    /** Overwrites and inserts. */
    protected Merged merge(TableName table, Matching rows) throws SQLException {
        long updated = rows.differs().isEmpty()
                ? 0
                : update("UPDATE " + table.quoted() + " t SET " + rows.set() + " FROM " + rows.source() + " WHERE "
                        + rows.same() + " AND (" + rows.differs() + ")");
        long inserted = update("INSERT INTO " + table.quoted() + " (" + names(rows.columns()) + ") SELECT "
                + values("", rows.columns().size()) + " FROM " + rows.source() + " WHERE NOT EXISTS (SELECT 1 FROM "
                + table.quoted() + " t WHERE " + rows.same() + ")");
        return new Merged(inserted, updated);
    }

    /** What a merge has done. */
    public record Merged(long inserted, long updated) {}

    /** Removes from the staged rows all but one of each key: the latest by order, then the last one read. */
    public void deduplicate(List<String> key, String order) throws SQLException {
        update("DELETE FROM " + staged() + " WHERE " + row() + " IN (SELECT " + row() + " FROM " + staged()
                + " QUALIFY ROW_NUMBER() OVER (PARTITION BY " + String.join(", ", key) + " ORDER BY "
                + (order == null ? "" : order + " DESC NULLS LAST, ") + row() + " DESC) > 1)");
    }

    /** Whether any staged row has NULL there. */
    boolean hasNull(String expression) throws SQLException {
        return !query("SELECT 1 FROM " + staged() + " WHERE " + expression + " IS NULL LIMIT 1", row -> true)
                .isEmpty();
    }

    /** Whether all values of a relation's column fit into another type. */
    boolean allFit(String relation, String expression, ColumnType from, ColumnType to) throws SQLException {
        return all(relation, expression, fits(expression, from, to));
    }

    /** Whether all values of a relation's column meet a condition, which is null if none does. */
    boolean all(String relation, String expression, String condition) throws SQLException {
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

    /** Opens a transaction. */
    public void begin() throws SQLException {
        update("BEGIN");
    }

    /** Commits the transaction. */
    public void commit() throws SQLException {
        update("COMMIT");
    }

    /** Undoes the transaction. */
    public void rollback() throws SQLException {
        update("ROLLBACK");
    }

    /** Runs a statement, and returns how many rows it has changed. */
    public final long update(String sql, Object... parameters) throws SQLException {
        if (parameters.length == 0) {
            try (Statement statement = connection.createStatement()) {
                return statement.execute(sql) ? 0 : Math.max(statement.getUpdateCount(), 0);
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bindAll(statement, parameters);
            return statement.executeUpdate();
        }
    }

    /** Runs a query whose few rows fit into memory. */
    public final <T> List<T> query(String sql, RowMapper<T> mapper, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bindAll(statement, parameters);
            try (ResultSet rows = statement.executeQuery()) {
                List<T> result = new ArrayList<>();
                while (rows.next()) {
                    result.add(mapper.map(rows));
                }
                return result;
            }
        }
    }

    private void bindAll(PreparedStatement statement, Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            bind(statement, i + 1, parameters[i]);
        }
    }

    /** Gives a statement the value of a parameter: a string, a number, a moment, or null. */
    protected void bind(PreparedStatement statement, int index, Object value) throws SQLException {
        statement.setObject(index, value);
    }

    /** Makes something of a row. */
    @FunctionalInterface
    public interface RowMapper<T> {
        T map(ResultSet row) throws SQLException;
    }

    /** A value in the Java type of its kind. */
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

    protected static String names(List<String> names) {
        return names.stream().map(TableName::quote).collect(Collectors.joining(", "));
    }

    private static String aliased(List<String> expressions) {
        List<String> aliased = new ArrayList<>();
        for (int i = 0; i < expressions.size(); i++) {
            aliased.add(expressions.get(i) + " AS v" + i);
        }
        return String.join(", ", aliased);
    }

    protected static String values(String prefix, int count) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(prefix + "v" + i);
        }
        return String.join(", ", values);
    }

    protected final Connection connection() {
        return connection;
    }

    @Override
    public abstract void close();
}
