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
