package dev.caravan.warehouse.snowflake;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.Bookkeeping;
import dev.caravan.warehouse.ChangeGuard;
import dev.caravan.warehouse.ColumnValue;
import dev.caravan.warehouse.Database;
import dev.caravan.warehouse.TableColumn;
import dev.caravan.warehouse.TableName;
import dev.caravan.warehouse.TableState;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.snowflake.client.api.statement.SnowflakeStatement;

/** A database of the account, in the session of a load. */
final class SnowflakeDatabase extends Database {

    private final String stagingRelation;
    /** The tables and schemas that are known to exist. */
    private final Set<TableName> found = new HashSet<>();

    private boolean spent;
    private String lastQuery;

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

    /** Returns the columns; empty if the table does not exist for the role. Reads the catalogue, which needs no warehouse. */
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

    /** Checks first: CREATE SCHEMA IF NOT EXISTS needs a privilege that a loader may lack, even if the schema exists. */
    @Override
    public void createSchema(TableName table) throws SQLException {
        TableName schema = dialect().spell(table).sibling("");
        if (found.contains(schema)) {
            return;
        }
        // replaces special characters of the pattern by a wildcard: the names are compared below
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

    /** Of two sessions that create the same, one can fail although it said IF NOT EXISTS. */
    @Override
    protected void ensure(String sql) throws SQLException {
        try {
            super.ensure(sql);
        } catch (SQLException e) {
            if (!SnowflakeErrors.isDuplicate(e)) {
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

    /** Snowflake itself can only give a number more digits. */
    @Override
    public void retype(TableName table, String column, ColumnType from, ColumnType to) throws SQLException {
        if (isMoreDigits(from, to)) {
            update("ALTER TABLE " + dialect().qualified(table) + " ALTER COLUMN "
                    + dialect().quote(column) + " SET DATA TYPE " + dialect().typeName(to));
        } else {
            ColumnSwap.run(this, table, column, from, to);
        }
    }

    private static boolean isMoreDigits(ColumnType from, ColumnType to) {
        return from.kind() == Kind.DECIMAL
                && to.kind() == Kind.DECIMAL
                && from.scale() == to.scale()
                && from.precision() <= to.precision();
    }

    @Override
    public ChangeGuard guard(Bookkeeping bookkeeping, TableState state, String loadId) {
        return new TableClaim(this, bookkeeping, state, loadId);
    }

    /** Returns whether the session cannot be reused: it has a transaction that DDL would commit, or settings of a script. */
    boolean isSpent() {
        return isInTransaction() || spent;
    }

    /** Keeps the table with its grants; readers see the old rows until the commit. */
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

    /** Runs all statements in one request, each in its own transaction. */
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

    /** Sets times as text, because the driver does not support java.time. */
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
                    throw new PermanentException("The number " + value.toPlainString() + " has more than 64 bits, so it"
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

    @Override
    protected void executed(Statement statement) throws SQLException {
        lastQuery = statement.unwrap(SnowflakeStatement.class).getQueryID();
    }

    @Override
    public String lastQuery() {
        return lastQuery;
    }

    /** Does nothing: the connection belongs to the session. */
    @Override
    public void close() {}
}
