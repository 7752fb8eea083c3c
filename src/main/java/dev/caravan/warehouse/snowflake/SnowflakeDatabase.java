package dev.caravan.warehouse.snowflake;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.ColumnValue;
import dev.caravan.warehouse.Database;
import dev.caravan.warehouse.TableColumn;
import dev.caravan.warehouse.TableName;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.snowflake.client.api.statement.SnowflakeStatement;

/** A database of the account, through the session of a load. */
final class SnowflakeDatabase extends Database {

    /** How a column is called while its values go into another type, and those that it had. */
    private static final String NEW = "_CARAVAN_NEW_";

    private static final String OLD = "_CARAVAN_OLD_";

    private final String stagingRelation;
    /** What is known to be there, and is not asked for again. */
    private final Set<TableName> found = new HashSet<>();

    private boolean inTransaction;
    private boolean spent;

    SnowflakeDatabase(Connection connection, String stagingRelation) {
        super(connection, SnowflakeDialect.INSTANCE);
        this.stagingRelation = stagingRelation;
    }

    @Override
    public Optional<TableName> find(TableName table) throws SQLException {
        TableName spelled = dialect().spell(table);
        if (!found.contains(spelled) && !describe(spelled).isEmpty()) {
            found.add(spelled);
        }
        return found.contains(spelled) ? Optional.of(spelled) : Optional.empty();
    }

    @Override
    public List<TableColumn> columns(TableName table) throws SQLException {
        return describe(table);
    }

    /** Its columns; none if it does not exist, or not for our role. Asks the catalogue, for which no warehouse has to run. */
    private List<TableColumn> describe(TableName table) throws SQLException {
        try {
            return query(
                    "DESCRIBE TABLE " + dialect().qualified(table),
                    row -> new TableColumn(
                            row.getString("name"),
                            SnowflakeDialect.INSTANCE.type(row.getString("type")),
                            "Y".equals(row.getString("null?")),
                            row.getString("default") != null));
        } catch (SQLException e) {
            if (SnowflakeErrors.isMissing(e)) {
                return List.of();
            }
            throw e;
        }
    }

    /** Asks first: to create needs a right that a loader may not have, even if there is nothing to create. */
    @Override
    public void createSchema(TableName table) throws SQLException {
        TableName schema = dialect().spell(table).sibling("");
        if (found.contains(schema)) {
            return;
        }
        // whatever a pattern takes for special may be any character: the names are compared below
        String pattern = schema.schema().replaceAll("['\\\\%]", "_");
        boolean exists = query(
                        "SHOW SCHEMAS LIKE '" + pattern + "' IN DATABASE "
                                + dialect().quote(schema.database()),
                        row -> row.getString("name"))
                .contains(schema.schema());
        if (!exists) {
            ensure("CREATE SCHEMA IF NOT EXISTS " + dialect().qualifiedSchema(schema));
        }
        found.add(schema);
    }

    /** Of two at once, both of which find nothing, one may be refused when the other has created it. */
    @Override
    protected void ensure(String sql) throws SQLException {
        try {
            super.ensure(sql);
        } catch (SQLException e) {
            if (!SnowflakeErrors.isThere(e)) {
                throw e;
            }
        }
    }

    @Override
    public String stagingRelation() {
        return stagingRelation;
    }

    @Override
    protected String rowNumber() {
        return SnowflakeSession.ROW;
    }

    /**
     * Snowflake itself only gives a number more digits. Else the values go into a new column, which then takes the other's
     * place: the table keeps its rows, its rights, and its history; the column becomes the last one. Each step is a
     * transaction of its own, and {@link #recover} goes on from any of them.
     */
    @Override
    public void retype(TableName table, String column, ColumnType from, ColumnType to) throws SQLException {
        String name = dialect().quote(column);
        if (isMoreDigits(from, to)) {
            update("ALTER TABLE " + dialect().qualified(table) + " ALTER COLUMN " + name + " SET DATA TYPE "
                    + dialect().typeName(to));
            return;
        }
        update("ALTER TABLE " + dialect().qualified(table) + " ADD COLUMN "
                + dialect().quote(NEW + column) + " " + dialect().typeName(to));
        update("UPDATE " + dialect().qualified(table) + " SET " + dialect().quote(NEW + column) + " = "
                + SnowflakeDialect.INSTANCE.castStored(name, from, to) + " WHERE " + name + " IS NOT NULL");
        rename(table, column, OLD + column);
        rename(table, NEW + column, column);
        dropOld(table, column, from, to);
    }

    private static boolean isMoreDigits(ColumnType from, ColumnType to) {
        return from.kind() == Kind.DECIMAL
                && to.kind() == Kind.DECIMAL
                && from.scale() == to.scale()
                && from.precision() <= to.precision();
    }

    private void rename(TableName table, String from, String to) throws SQLException {
        update("ALTER TABLE " + dialect().qualified(table) + " RENAME COLUMN "
                + dialect().quote(from) + " TO " + dialect().quote(to));
    }

    /** Takes along the rows that somebody who is not fenced off, as a user is, has inserted meanwhile. */
    private void dropOld(TableName table, String column, ColumnType from, ColumnType to) throws SQLException {
        String name = dialect().quote(column);
        String old = dialect().quote(OLD + column);
        update("UPDATE " + dialect().qualified(table) + " SET " + name + " = "
                + SnowflakeDialect.INSTANCE.castStored(old, from, to) + " WHERE " + name + " IS NULL AND " + old
                + " IS NOT NULL");
        update("ALTER TABLE " + dialect().qualified(table) + " DROP COLUMN " + old);
    }

    @Override
    public boolean isHalfChanged(List<TableColumn> columns) {
        return columns.stream().map(TableColumn::name).anyMatch(name -> name.startsWith(NEW) || name.startsWith(OLD));
    }

    @Override
    public void recover(TableName table) throws SQLException {
        Map<String, ColumnType> columns = new LinkedHashMap<>();
        for (TableColumn column : columns(table)) {
            columns.put(column.name(), column.type());
        }
        for (String old : List.copyOf(columns.keySet())) {
            if (old.startsWith(OLD)) {
                String name = old.substring(OLD.length());
                if (!columns.containsKey(name) && !columns.containsKey(NEW + name)) {
                    rename(table, old, name);
                } else {
                    if (!columns.containsKey(name)) {
                        rename(table, NEW + name, name);
                        columns.put(name, columns.remove(NEW + name));
                    }
                    dropOld(table, name, columns.get(old), columns.get(name));
                }
            }
        }
        for (String left : columns.keySet()) {
            if (left.startsWith(NEW)) {
                update("ALTER TABLE " + dialect().qualified(table) + " DROP COLUMN "
                        + dialect().quote(left));
            }
        }
    }

    @Override
    public void begin() throws SQLException {
        inTransaction = true;
        super.begin();
    }

    @Override
    public void commit() throws SQLException {
        super.commit();
        inTransaction = false;
    }

    @Override
    public void rollback() throws SQLException {
        super.rollback();
        inTransaction = false;
    }

    /** Whether the session may have what the next one must not: a transaction that DDL would commit, a user's settings. */
    boolean isSpent() {
        return inTransaction || spent;
    }

    /** Within the transaction; keeps the table with its rights, and readers see the old rows until it commits. */
    @Override
    public Replaced replace(TableName table, List<ColumnValue> values) throws SQLException {
        long before = query("SELECT COUNT(*) FROM " + dialect().qualified(table), row -> row.getLong(1))
                .get(0);
        long inserted = update("INSERT OVERWRITE INTO " + dialect().qualified(table) + " (" + columnNames(values)
                + ") SELECT " + expressions(values) + " FROM " + stagingRelation());
        return new Replaced(inserted, before);
    }

    @Override
    protected Merged merge(TableName table, Matching rows) throws SQLException {
        String update = rows.differs().isEmpty()
                ? ""
                : " WHEN MATCHED AND (" + rows.differs() + ") THEN UPDATE SET " + rows.set();
        return query(
                        "MERGE INTO " + dialect().qualified(table) + " t USING " + rows.source() + " ON " + rows.same()
                                + update
                                + " WHEN NOT MATCHED THEN INSERT (" + rows.columns() + ") VALUES ("
                                + rows.values("s.") + ")",
                        row -> new Merged(row.getLong(1), update.isEmpty() ? 0 : row.getLong(2)))
                .get(0);
    }

    /** All in one request, each in a transaction of its own. */
    @Override
    public void script(TableName schema, String sql) throws SQLException {
        spent = true;
        createSchema(schema);
        update("USE SCHEMA " + dialect().qualifiedSchema(dialect().spell(schema)));
        try (Statement statement = connection().createStatement()) {
            statement.unwrap(SnowflakeStatement.class).setParameter("MULTI_STATEMENT_COUNT", 0);
            boolean rows = statement.execute(sql);
            while (rows || statement.getUpdateCount() >= 0) {
                rows = statement.getMoreResults();
            }
        }
    }

    /** The driver knows nothing of java.time; Snowflake reads moments from text. */
    @Override
    protected void bind(PreparedStatement statement, int index, Object value) throws SQLException {
        if (value == null) {
            statement.setNull(index, Types.VARCHAR);
        } else if (value instanceof OffsetDateTime) {
            statement.setString(index, SnowflakeValues.text(value));
        } else {
            super.bind(statement, index, value);
        }
    }

    @Override
    public Object value(ResultSet row, int index, Kind kind) throws SQLException {
        return switch (kind) {
            case BOOLEAN -> {
                boolean value = row.getBoolean(index);
                yield row.wasNull() ? null : (Object) value;
            }
            case INTEGER -> {
                BigDecimal value = row.getBigDecimal(index);
                if (value != null && value.toBigInteger().bitLength() >= Long.SIZE) {
                    throw new PermanentException(
                            "The number " + value.toPlainString() + " has more than 64 bits, and so"
                                    + " cannot be a cursor; name another column in the option cursor");
                }
                yield value == null ? null : (Object) value.longValueExact();
            }
            case DECIMAL -> row.getBigDecimal(index);
            case DOUBLE -> {
                double value = row.getDouble(index);
                yield row.wasNull() ? null : (Object) value;
            }
            case DATE -> SnowflakeValues.date(row, index);
            case TIME -> SnowflakeValues.time(row, index);
            case TIMESTAMP -> SnowflakeValues.timestamp(row, index);
            case TIMESTAMP_TZ -> SnowflakeValues.moment(row, index);
            case BINARY -> row.getBytes(index);
            case TEXT, JSON -> row.getString(index);
        };
    }

    /** Nothing to let go of: the connection is the session's. */
    @Override
    public void close() {}
}
