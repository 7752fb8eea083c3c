package dev.caravan.warehouse.duckdb;

import dev.caravan.run.Run;
import dev.caravan.warehouse.JdbcQueryResult;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDateTime;
import java.util.UUID;
import java.util.function.Function;

/** A query over all databases, which cannot change them. */
final class DuckDbQuery extends JdbcQueryResult {

    private DuckDbQuery(Resources resources, ResultSet rows, Function<SQLException, RuntimeException> explain)
            throws SQLException {
        super(resources, rows, explain);
    }

    /**
     * @param run cancels the query at its end; or null
     * @param explain returns what to throw if a row cannot be read
     */
    static DuckDbQuery run(DatabaseFiles files, String sql, Run run, Function<SQLException, RuntimeException> explain)
            throws SQLException {
        Resources resources = new Resources();
        try {
            Connection connection = resources.add(files.connect());
            // not in the warehouse's directory, which readers may not be allowed to write to
            DatabaseFiles.spill(
                    connection, Path.of(System.getProperty("java.io.tmpdir"), "caravan-" + UUID.randomUUID()));
            for (String database : files.databases()) {
                resources.add(files.attach(connection, database, false));
            }
            DatabaseFiles.execute(connection, "SET enable_external_access = false");
            DatabaseFiles.execute(connection, "SET lock_configuration = true");
            Statement statement = resources.add(connection.createStatement());
            if (run != null) {
                resources.add(run.onEnd(statement::cancel));
            }
            return new DuckDbQuery(resources, resources.add(statement.executeQuery(sql)), explain);
        } catch (SQLException | RuntimeException e) {
            resources.close();
            throw e;
        } catch (IOException e) {
            resources.close();
            throw files.unusable(e);
        }
    }

    @Override
    protected Object value(ResultSet row, int column) throws SQLException {
        String type = row.getMetaData().getColumnTypeName(column);
        Object value = type.equals("TIMESTAMP") ? row.getObject(column, LocalDateTime.class) : row.getObject(column);
        if (value instanceof Blob blob) {
            return blob.getBytes(1, Math.toIntExact(blob.length()));
        }
        return type.equals("JSON") && value != null ? value.toString() : value;
    }
}
