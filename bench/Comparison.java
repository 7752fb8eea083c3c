package bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Compares tables in DuckDB files with the source, value by value. The source's values come as text that PostgreSQL itself
 * wrote, so that no reader under test is trusted. A target may choose other types, as long as the same value can be read
 * from them.
 */
final class Comparison implements AutoCloseable {

    private final Connection duckdb;
    private final Map<String, String> checksums = new HashMap<>();

    Comparison() throws SQLException {
        duckdb = DriverManager.getConnection("jdbc:duckdb:");
        execute("SET memory_limit = '4GB'");
        execute("SET preserve_insertion_order = false");
    }

    /** Takes the values of a table of the source, if they have not been taken already. */
    void take(Source source, SourceTable table) throws SQLException, IOException {
        Path file = file(table);
        if (Files.exists(file)) {
            attach(file, table.name(), true);
            try (Statement statement = duckdb.createStatement();
                    ResultSet how = statement.executeQuery("SELECT how FROM " + table.name() + ".main.made")) {
                if (how.next() && how.getString(1).equals(table.statements().toString())) {
                    return;
                }
            }
            execute("DETACH " + table.name());
            Files.delete(file);
        }
        Path text = file.resolveSibling(table.name() + ".csv");
        try (OutputStream to = new BufferedOutputStream(Files.newOutputStream(text))) {
            source.copy(
                    table.columns().stream()
                            .map(column -> column.kind().text.formatted(column.name()))
                            .collect(Collectors.joining(", ", "SELECT ", " FROM bench." + table.name())),
                    "FORMAT csv, FORCE_QUOTE *",
                    to);
        }
        attach(file, table.name(), false);
        String columns = table.columns().stream()
                .map(column -> "'" + column.name() + "': 'VARCHAR'")
                .collect(Collectors.joining(", ", "{", "}"));
        execute("CREATE TABLE " + table.name() + ".main.source AS SELECT "
                + table.columns().stream()
                        .map(column -> column.kind() == SourceTable.Kind.JSON
                                ? "json(%s)::VARCHAR AS %1$s".formatted(column.name())
                                : "%s::%s AS %1$s".formatted(column.name(), column.kind().type))
                        .collect(Collectors.joining(", "))
                + " FROM read_csv('" + text + "', header = false, auto_detect = false, delim = ',', quote = '\"', escape = '\"',"
                + " new_line = '\\n', nullstr = '', allow_quoted_nulls = false, parallel = false, columns = " + columns + ")");
        execute("CREATE TABLE " + table.name() + ".main.made AS SELECT '" + table.statements().toString().replace("'", "''") + "' AS how");
        Files.delete(text);
    }

    /** Adds what a merge of {@code changed} into {@code table} should give, under the name {@code merged}. */
    void merge(SourceTable table, SourceTable changed) throws SQLException {
        execute("CREATE OR REPLACE TEMP VIEW merged AS SELECT * FROM %1$s.main.source UNION ALL SELECT * FROM %2$s.main.source WHERE id NOT IN (SELECT id FROM %1$s.main.source)"
                .formatted(changed.name(), table.name()));
    }

    static String rows(SourceTable table) {
        return table.name() + ".main.source";
    }

    /**
     * Compares a target with its source.
     *
     * @param expected the rows that are to be there: {@link #rows} or {@code merged}
     * @return what the target has lost, in words; empty if nothing
     */
    List<String> losses(String expected, SourceTable table, Path target, String name) throws SQLException {
        if (!Files.exists(target)) {
            return List.of("everything");
        }
        attach(target, "target", true);
        try {
            Map<String, String> types = types(name);
            if (types.isEmpty()) {
                return List.of("everything");
            }
            List<String> losses = new ArrayList<>();
            String there = "target." + name;
            long missing = number("SELECT count(*) FROM " + expected) - number("SELECT count(*) FROM " + there);
            if (missing != 0) {
                losses.add("%,d rows %s".formatted(Math.abs(missing), missing > 0 ? "missing" : "too many"));
            }
            List<String> absent = new ArrayList<>();
            for (SourceTable.Column column : table.columns()) {
                String type = types.get(column.name());
                if (type == null) {
                    absent.add(column.name());
                    continue;
                }
                String value = value(column, type);
                String sum = "SELECT sum(hash(id, %s)::HUGEINT) FROM %s";
                String source = checksums.get(expected + column.name());
                if (source == null) {
                    source = string(sum.formatted(column.name(), expected));
                    checksums.put(expected + column.name(), source);
                }
                try {
                    if (!source.equals(string(sum.formatted(value, there)))) {
                        losses.add(differences(expected, column, there, value, type));
                    }
                } catch (SQLException e) {
                    losses.add(column.name() + " unreadable: " + e.getMessage().lines().findFirst().orElse(""));
                }
            }
            if (!absent.isEmpty()) {
                losses.add("no column " + String.join(", ", absent));
            }
            return losses;
        } finally {
            execute("DETACH target");
        }
    }

    private String differences(String expected, SourceTable.Column column, String there, String value, String type)
            throws SQLException {
        try (Statement statement = duckdb.createStatement();
                ResultSet result = statement.executeQuery(
                        """
                        WITH pairs AS (
                            SELECT s.%1$s AS was, t.%1$s AS found, t.value AS value
                            FROM %2$s AS s JOIN (SELECT id, %1$s, %3$s AS value FROM %4$s) AS t USING (id))
                        SELECT count(*), any_value(was)::VARCHAR, any_value(found::VARCHAR)
                        FROM pairs WHERE was IS DISTINCT FROM value"""
                                .formatted(column.name(), expected, value, there))) {
            result.next();
            return "%s differs in %,d rows (%s is %s, %s)"
                    .formatted(column.name(), result.getLong(1), shown(result.getString(2)), shown(result.getString(3)), type);
        }
    }

    private static String shown(String value) {
        return value == null ? "NULL" : value.length() > 40 ? value.substring(0, 40) + "..." : value;
    }

    /** The value of a target's column in the type in which it is compared. */
    private static String value(SourceTable.Column column, String type) {
        String name = column.name();
        return switch (column.kind()) {
            case TEXT -> name + "::VARCHAR";
            case JSON -> "json(" + name + "::VARCHAR)::VARCHAR";
            case TIME -> type.startsWith("TIMESTAMP")
                    ? "epoch_us(" + name + ")"
                    : "epoch_us(TRY_CAST(" + name + "::VARCHAR AS TIMESTAMP))";
            default -> "TRY_CAST(" + name + " AS " + column.kind().type + ")";
        };
    }

    /** The types of the target's columns by name in lower case. */
    private Map<String, String> types(String name) throws SQLException {
        Map<String, String> types = new HashMap<>();
        try (Statement statement = duckdb.createStatement();
                ResultSet columns = statement.executeQuery(
                        "SELECT lower(column_name), data_type FROM duckdb_columns() WHERE database_name = 'target'"
                                + " AND lower(schema_name || '.' || table_name) = '" + name + "'")) {
            while (columns.next()) {
                types.put(columns.getString(1), columns.getString(2));
            }
        }
        return types;
    }

    private static Path file(SourceTable table) {
        return Peers.HOME.resolve("source-" + table.name() + ".duckdb");
    }

    private void attach(Path file, String name, boolean readOnly) throws SQLException {
        execute("ATTACH '" + file + "' AS " + name + (readOnly ? " (READ_ONLY)" : ""));
    }

    private long number(String query) throws SQLException {
        return Long.parseLong(string(query));
    }

    private String string(String query) throws SQLException {
        try (Statement statement = duckdb.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            result.next();
            return result.getString(1);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = duckdb.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        duckdb.close();
    }
}
