package dev.caravan;

import dev.caravan.local.LocalServices;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A PostgreSQL with the shop in it, which the commands of a test class read and the test writes. It runs as long as this
 * is open, so that no command has to start it.
 */
final class Source implements AutoCloseable {

    /** The unpacked programs, for all tests. */
    static final Path BINARIES = Path.of(System.getProperty("caravan.jar", "target/caravan.jar"))
            .toAbsolutePath()
            .resolveSibling("postgres-bin");

    private final Path directory;
    private final Connection connection;

    private Source(Path directory, Connection connection) {
        this.directory = directory;
        this.connection = connection;
    }

    /** Starts a server with its data in a directory. */
    static Source in(Path directory) throws SQLException {
        // where PostgreSQL has to run as somebody else than root
        directory.getParent().toFile().setExecutable(true, false);
        System.setProperty("caravan.local.binaries", BINARIES.toString());
        return new Source(directory, DriverManager.getConnection("jdbc:local:postgresql:" + directory + "?user=shop"));
    }

    /** What {@code postgres.url} has to be. */
    String url() {
        return "jdbc:local:postgresql:" + directory;
    }

    /** What somebody has to give who is not in the local profile. */
    String password(String user) throws IOException {
        Matcher password = Pattern.compile("\\[" + user + "][^\\[]*password=(\\S+)")
                .matcher(Files.readString(directory.resolve("pg_service.conf")));
        if (!password.find()) {
            throw new IllegalArgumentException(user);
        }
        return password.group(1);
    }

    /** A connection of somebody else. */
    Connection connect(String user) throws SQLException {
        return DriverManager.getConnection(url() + "?user=" + user);
    }

    void execute(String sql) throws SQLException {
        execute(connection, sql);
    }

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    List<List<Object>> query(String sql) throws SQLException {
        return query(connection, sql);
    }

    /** The rows that a query gives; each value is a number, a boolean, null, or what it reads as. */
    static List<List<Object>> query(Connection connection, String sql) throws SQLException {
        List<List<Object>> rows = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            int columns = result.getMetaData().getColumnCount();
            while (result.next()) {
                List<Object> row = new ArrayList<>();
                for (int i = 1; i <= columns; i++) {
                    Object value = result.getObject(i);
                    row.add(
                            value instanceof Integer || value instanceof Short || value instanceof Byte
                                    ? (Object) ((Number) value).longValue()
                                    : value instanceof Number || value instanceof Boolean || value == null
                                            ? value
                                            : value.toString());
                }
                rows.add(row);
            }
        }
        return rows;
    }

    static List<List<Object>> query(String url, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url)) {
            return query(connection, sql);
        }
    }

    /** Deletes a directory and what is in it. */
    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Stops the server; fails if it still runs, or a command of the tests does. */
    @Override
    public void close() throws SQLException {
        connection.close();
        LocalServices.stop();
        List<String> left = new ArrayList<>(ProcessHandle.current()
                .descendants()
                .filter(ProcessHandle::isAlive)
                .map(process -> process.info().commandLine().orElse("process " + process.pid()))
                .toList());
        if (Files.exists(directory.resolve("cluster/postmaster.pid"))) {
            try {
                left.add("PostgreSQL " + Files.readAllLines(directory.resolve("cluster/postmaster.pid")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        if (!left.isEmpty()) {
            throw new AssertionError("Left behind: " + left);
        }
    }
}
