package dev.caravan.warehouse.postgresql;

import dev.caravan.run.CancellableConnection;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.JdbcQueryResult;
import dev.caravan.warehouse.QueryResult;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.core.Parser;

/** A query in a read-only transaction, whose rows are streamed. */
final class PostgreSqlQuery extends JdbcQueryResult {

    private static final int FETCH_SIZE = 1_000;
    private static final String READING_ONLY = "A query cannot change anything; change data by a pipeline, or by psql";

    private final List<String> types = new ArrayList<>();

    private PostgreSqlQuery(Resources resources, ResultSet rows) throws SQLException {
        super(resources, rows, failure -> PostgreSqlErrors.explain("The query", failure));
        ResultSetMetaData metaData = rows.getMetaData();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            types.add(metaData.getColumnTypeName(i));
        }
    }

    /** Runs a query on a connection, which is closed with the result. */
    static QueryResult run(CancellableConnection cancellable, String sql) throws SQLException {
        Resources resources = new Resources();
        resources.add(cancellable);
        try {
            requireSingle(sql);
            Connection connection = cancellable.connection();
            connection.setAutoCommit(true); // ends a transaction that the pool may have begun
            connection.setReadOnly(true);
            connection.setAutoCommit(false); // rows are streamed in transactions only
            resources.add(connection::rollback);
            Statement statement = resources.add(connection.createStatement());
            statement.setFetchSize(FETCH_SIZE);
            return new PostgreSqlQuery(resources, resources.add(statement.executeQuery(sql)));
        } catch (SQLException | RuntimeException e) {
            resources.close();
            if (e instanceof SQLException failure && PostgreSqlErrors.isReadOnly(failure)) {
                throw new PermanentException(READING_ONLY, e);
            }
            throw e;
        }
    }

    /** The first of several statements could end the read-only transaction. */
    private static void requireSingle(String sql) throws SQLException {
        if (Parser.parseJdbcSql(sql, true, false, true, false, false).size() > 1) {
            throw new PermanentException("A query must be a single statement; change data by a pipeline, or by psql");
        }
    }

    /** Reads a value; values that have no Java type, such as infinite dates and arrays, are text. */
    @Override
    protected Object value(ResultSet row, int column) throws SQLException {
        String text = row.getString(column);
        if (text == null) {
            return null;
        }
        return switch (types.get(column - 1)) {
            case "bool", "int2", "int4", "int8", "serial", "bigserial", "oid", "float4", "float8" ->
                row.getObject(column);
            case "bytea" -> row.getBytes(column);
            case "numeric" -> isFinite(text) ? new BigDecimal(text) : text;
            case "date" -> isFinite(text) ? row.getObject(column, LocalDate.class) : text;
            case "time" -> text.startsWith("24") ? text : row.getObject(column, LocalTime.class);
            case "timestamp" -> isFinite(text) ? row.getObject(column, LocalDateTime.class) : text;
            case "timestamptz" -> isFinite(text) ? row.getObject(column, OffsetDateTime.class) : text;
            default -> text;
        };
    }

    private static boolean isFinite(String text) {
        return !text.endsWith("nfinity") && !text.equals("NaN");
    }
}
