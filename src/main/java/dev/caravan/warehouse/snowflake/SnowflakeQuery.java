package dev.caravan.warehouse.snowflake;

import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.JdbcQueryResult;
import dev.caravan.warehouse.QueryResult;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/** A read-only query. */
final class SnowflakeQuery extends JdbcQueryResult {

    private static final String SPACE = "(?:\\s|--[^\\n]*(?:\\n|$)|//[^\\n]*(?:\\n|$)|/\\*.*?\\*/)";
    private static final Pattern READING = Pattern.compile(
            "(?is)(?:" + SPACE + "|\\()*+(?:SELECT|WITH|VALUES|TABLE|SHOW|DESC|DESCRIBE|LIST|LS|EXPLAIN)\\b(?!.*\\bAS"
                    + SPACE + "+PROCEDURE\\b).*");

    private static final String WHOLE = "whole NUMBER";

    private final List<String> types = new ArrayList<>();

    private SnowflakeQuery(Resources resources, ResultSet rows, Function<SQLException, RuntimeException> explain)
            throws SQLException {
        super(resources, rows, explain);
        ResultSetMetaData metaData = rows.getMetaData();
        for (int i = 1; i <= metaData.getColumnCount(); i++) {
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
        Resources resources = new Resources();
        resources.add(connection);
        try {
            Statement statement = resources.add(connection.createStatement());
            return new SnowflakeQuery(resources, resources.add(statement.executeQuery(sql)), explain);
        } catch (SQLException | RuntimeException e) {
            resources.close();
            throw e;
        }
    }

    /** Rejects statements other than queries. */
    static void check(String sql) {
        if (!READING.matcher(sql).matches()) {
            throw new PermanentException(
                    "Only queries are allowed here, beginning with SELECT, WITH, SHOW, DESCRIBE, LIST"
                            + " or EXPLAIN; change data in a pipeline, or with a Snowflake client");
        }
    }

    @Override
    protected Object value(ResultSet rows, int column) throws SQLException {
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
}
