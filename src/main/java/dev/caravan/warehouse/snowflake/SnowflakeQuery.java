package dev.caravan.warehouse.snowflake;

import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.QueryResult;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A query that only reads. */
final class SnowflakeQuery implements QueryResult {

    private static final Logger LOG = LoggerFactory.getLogger(SnowflakeQuery.class);

    private static final String SPACE = "(?:\\s|--[^\\n]*(?:\\n|$)|//[^\\n]*(?:\\n|$)|/\\*.*?\\*/)";
    private static final Pattern READING = Pattern.compile(
            "(?is)(?:" + SPACE + "|\\()*+(?:SELECT|WITH|VALUES|TABLE|SHOW|DESC|DESCRIBE|LIST|LS|EXPLAIN)\\b(?!.*\\bAS"
                    + SPACE + "+PROCEDURE\\b).*");

    private static final String WHOLE = "whole NUMBER";

    private final Connection connection;
    private final Statement statement;
    private final ResultSet rows;
    private final Function<SQLException, RuntimeException> explain;
    private final List<String> columns = new ArrayList<>();
    private final List<String> types = new ArrayList<>();
    private Boolean more;

    private SnowflakeQuery(
            Connection connection, Statement statement, String sql, Function<SQLException, RuntimeException> explain)
            throws SQLException {
        this.connection = connection;
        this.statement = statement;
        this.explain = explain;
        this.rows = statement.executeQuery(sql);
        ResultSetMetaData metaData = rows.getMetaData();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
            columns.add(metaData.getColumnLabel(i));
            String type = metaData.getColumnTypeName(i);
            types.add(type.equals("NUMBER") && metaData.getScale(i) == 0 ? WHOLE : type);
        }
    }

    /**
     * Runs a query.
     *
     * @param connection closed with the result
     */
    static QueryResult run(Connection connection, String sql, Function<SQLException, RuntimeException> explain)
            throws SQLException {
        try {
            return new SnowflakeQuery(connection, connection.createStatement(), sql, explain);
        } catch (SQLException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** Refuses what is no query. */
    static void check(String sql) {
        if (!READING.matcher(sql).matches()) {
            throw new PermanentException("This is no query, and changes nothing here: a query begins with SELECT, WITH,"
                    + " SHOW, DESCRIBE, LIST or EXPLAIN; change data in a pipeline, or with a tool of Snowflake's");
        }
    }

    @Override
    public List<String> columns() {
        return columns;
    }

    @Override
    public boolean hasNext() {
        try {
            if (more == null) {
                more = rows.next();
            }
            return more;
        } catch (SQLException e) {
            throw explain.apply(e);
        }
    }

    @Override
    public List<Object> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        more = null;
        try {
            List<Object> row = new ArrayList<>(columns.size());
            for (int i = 1; i <= columns.size(); i++) {
                row.add(value(i));
            }
            return row;
        } catch (SQLException e) {
            throw explain.apply(e);
        }
    }

    private Object value(int column) throws SQLException {
        return switch (types.get(column - 1)) {
            case WHOLE -> SnowflakeValues.whole(rows, column);
            case "DATE" -> SnowflakeValues.date(rows, column);
            case "TIME" -> SnowflakeValues.time(rows, column);
            case "TIMESTAMPNTZ" -> SnowflakeValues.timestamp(rows, column);
            case "TIMESTAMPTZ", "TIMESTAMPLTZ" -> SnowflakeValues.moment(rows, column);
            case "BINARY" -> rows.getBytes(column);
            case "VARIANT", "OBJECT", "ARRAY" -> rows.getString(column);
            default -> rows.getObject(column);
        };
    }

    @Override
    public void close() {
        try (connection;
                statement) {
            rows.close();
        } catch (SQLException e) {
            LOG.debug("Closing failed", e);
        }
    }
}
