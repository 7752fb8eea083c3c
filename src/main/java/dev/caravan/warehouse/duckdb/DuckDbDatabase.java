package dev.caravan.warehouse.duckdb;

import dev.caravan.warehouse.Database;
import dev.caravan.warehouse.HeldConnection;
import dev.caravan.warehouse.TableColumn;
import dev.caravan.warehouse.TableName;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** An attached database file. */
final class DuckDbDatabase extends Database {

    private final HeldConnection connection;
    private final DatabaseFiles.Attached attached;

    DuckDbDatabase(HeldConnection connection, DatabaseFiles.Attached attached) {
        super(connection, DuckDbDialect.INSTANCE);
        this.connection = connection;
        this.attached = attached;
    }

    @Override
    public Optional<TableName> find(TableName table) throws SQLException {
        return query(
                        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ?",
                        row -> new TableName(table.database(), row.getString(1), row.getString(2)),
                        attached.database())
                .stream()
                .filter(found -> dialect().fold(found.schema()).equals(dialect().fold(table.schema()))
                        && dialect().fold(found.table()).equals(dialect().fold(table.table())))
                .findFirst();
    }

    @Override
    public List<TableColumn> columns(TableName table) throws SQLException {
        return query(
                "SELECT column_name, data_type, is_nullable, column_default IS NOT NULL FROM duckdb_columns()"
                        + " WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index",
                row -> new TableColumn(
                        row.getString(1),
                        DuckDbDialect.INSTANCE.type(row.getString(2)),
                        row.getBoolean(3),
                        row.getBoolean(4)),
                attached.database(),
                table.schema(),
                table.table());
    }

    @Override
    public String stagingRelation() {
        return DuckDbSession.STAGED;
    }

    @Override
    protected String rowNumber() {
        return "rowid";
    }

    /**
     * Deletes changed rows and inserts them again: for an UPDATE, DuckDB rewrites the columns of all row groups that it
     * touches, which costs ten times as much and leaves the file three times as large.
     */
    @Override
    protected Merged merge(TableName table, Matching rows) throws SQLException {
        if (rows.differs().isEmpty() || !canMove(table, rows)) {
            return super.merge(table, rows);
        }
        long updated = update("DELETE FROM " + dialect().qualified(table) + " t USING " + rows.source() + " WHERE "
                + rows.same() + " AND (" + rows.differs() + ")");
        return new Merged(insertMissing(table, rows) - updated, updated);
    }

    /**
     * Returns whether a staged row stands for a whole row of the table: no column is the user's, no index would still hold
     * the deleted key, and no key is there twice.
     */
    private boolean canMove(TableName table, Matching rows) throws SQLException {
        return columns(table).size() == rows.count()
                && query(
                                "SELECT 1 FROM duckdb_constraints() WHERE constraint_type IN ('PRIMARY KEY', 'UNIQUE',"
                                        + " 'FOREIGN KEY') AND database_name = ? AND schema_name = ? AND table_name = ?"
                                        + " UNION ALL SELECT 1 FROM duckdb_indexes() WHERE database_name = ? AND"
                                        + " schema_name = ? AND table_name = ?",
                                row -> true,
                                attached.database(),
                                table.schema(),
                                table.table(),
                                attached.database(),
                                table.schema(),
                                table.table())
                        .isEmpty()
                && query(
                                "SELECT 1 FROM " + dialect().qualified(table) + " t JOIN " + rows.source() + " ON "
                                        + rows.same() + " GROUP BY " + rows.key() + " HAVING count(*) > 1 LIMIT 1",
                                row -> true)
                        .isEmpty();
    }

    @Override
    public void script(TableName schema, String sql) throws SQLException {
        createSchema(schema);
        update("USE " + dialect().qualifiedSchema(schema));
        try {
            transact(() -> update(sql));
        } finally {
            update("USE memory");
        }
    }

    @Override
    public void close() {
        connection.release();
        attached.close();
    }
}
