package dev.caravan.warehouse.postgresql;

import dev.caravan.data.ColumnType;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.Bookkeeping;
import dev.caravan.warehouse.ChangeGuard;
import dev.caravan.warehouse.ColumnValue;
import dev.caravan.warehouse.Database;
import dev.caravan.warehouse.TableColumn;
import dev.caravan.warehouse.TableName;
import dev.caravan.warehouse.TableState;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The connection of a load, as it writes to its table. */
final class PostgreSqlDatabase extends Database {

    /** Another session has created the same schema, table, column or catalog entry. */
    private static final Set<String> EXISTS = Set.of("23505", "42P06", "42P07", "42701");

    private final String stagingRelation;
    private final String rowNumber;
    private final Duration lockTimeout;

    /** The types that values must be cast to, by column, of columns whose type Caravan does not create. */
    private final Map<TableName, Map<String, String>> foreignTypes = new HashMap<>();

    PostgreSqlDatabase(Connection connection, String stagingRelation, String rowNumber, Duration lockTimeout) {
        super(connection, PostgreSqlDialect.INSTANCE);
        this.stagingRelation = stagingRelation;
        this.rowNumber = rowNumber;
        this.lockTimeout = lockTimeout;
    }

    @Override
    public Optional<TableName> find(TableName table) throws SQLException {
        TableName spelled = dialect().spell(table);
        List<String> kinds = query(
                "SELECT c.relkind FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace"
                        + " WHERE s.nspname = ? AND c.relname = ?",
                row -> row.getString(1),
                spelled.schema(),
                spelled.table());
        if (!kinds.isEmpty() && !Set.of("r", "p").contains(kinds.get(0))) {
            throw new PermanentException(
                    spelled + " is not a table but a view, an index or the like; load into another table");
        }
        return kinds.isEmpty() ? Optional.empty() : Optional.of(spelled);
    }

    @Override
    public List<TableColumn> columns(TableName table) throws SQLException {
        Map<String, String> foreign = new HashMap<>();
        foreignTypes.put(table, foreign);
        return query(
                "SELECT a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,"
                        + " a.atthasdef OR a.attidentity <> '', format_type(a.atttypid, NULL), t.typcategory"
                        + " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
                        + " JOIN pg_namespace s ON s.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid"
                        + " WHERE s.nspname = ? AND c.relname = ? AND a.attnum > 0 AND NOT a.attisdropped"
                        + " ORDER BY a.attnum",
                row -> {
                    ColumnType type = PostgreSqlDialect.INSTANCE.type(row.getString(2));
                    // strings and bits are assigned as they are: a cast would cut them off
                    if (type == null && !"SV".contains(row.getString(6))) {
                        foreign.put(row.getString(1), row.getString(5));
                    }
                    return new TableColumn(row.getString(1), type, row.getBoolean(3), row.getBoolean(4));
                },
                table.schema(),
                table.table());
    }

    @Override
    public String stagingRelation() {
        return stagingRelation;
    }

    @Override
    protected String rowNumber() {
        return rowNumber;
    }

    @Override
    public long insert(TableName table, List<ColumnValue> values) throws SQLException {
        return super.insert(table, cast(table, values));
    }

    @Override
    public Merged merge(TableName table, List<ColumnValue> values, List<Integer> key, int compared)
            throws SQLException {
        return super.merge(table, cast(table, values), key, compared);
    }

    /** Casts the values of columns to which PostgreSQL does not convert by itself, such as uuid. */
    private List<ColumnValue> cast(TableName table, List<ColumnValue> values) {
        Map<String, String> foreign = foreignTypes.getOrDefault(table, Map.of());
        return values.stream()
                .map(value -> {
                    String type = foreign.get(value.column());
                    return type == null
                            ? value
                            : new ColumnValue(
                                    value.column(), value.type(), "CAST(" + value.expression() + " AS " + type + ")");
                })
                .toList();
    }

    @Override
    public void retype(TableName table, String column, ColumnType from, ColumnType to) throws SQLException {
        DependentViews views = DependentViews.drop(this, table, column);
        super.retype(table, column, from, to);
        views.restore();
    }

    /** Checks first: creating needs a right that a loader may lack, even if the schema exists. */
    @Override
    public void createSchema(TableName table) throws SQLException {
        boolean exists = !query("SELECT 1 FROM pg_namespace WHERE nspname = ?", row -> true, table.schema())
                .isEmpty();
        if (!exists) {
            super.createSchema(table);
        }
    }

    /** Of two sessions that create the same at once, the second fails when the first commits; then it exists. */
    @Override
    protected void ensure(String sql) throws SQLException {
        if (isInTransaction()) {
            update("SAVEPOINT caravan");
        }
        try {
            update(sql);
        } catch (SQLException e) {
            if (!EXISTS.contains(e.getSQLState())) {
                throw e;
            }
            if (isInTransaction()) {
                update("ROLLBACK TO SAVEPOINT caravan");
            }
        }
    }

    @Override
    public ChangeGuard guard(Bookkeeping bookkeeping, TableState state, String loadId) {
        return new PostgreSqlChangeGuard(bookkeeping, state, loadId);
    }

    @Override
    protected void begin() throws SQLException {
        super.begin();
        update("SET LOCAL lock_timeout = " + lockTimeout.toMillis());
    }

    @Override
    public void script(TableName schema, String sql) throws SQLException {
        TableName spelled = dialect().spell(schema);
        transact(() -> {
            createSchema(spelled);
            update("SET LOCAL search_path TO " + dialect().qualifiedSchema(spelled) + ", public");
            return update(sql);
        });
    }

    /** The connection belongs to the session. */
    @Override
    public void close() {}
}
