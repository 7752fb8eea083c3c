package dev.caravan.snowflake.fake;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBFunctions;

/** What all sessions share: the databases in an in-memory DuckDB, the stages, and the table locks. */
final class Storage implements AutoCloseable {

    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(30);

    private final DuckDBConnection root;
    private final Path directory;
    private final Map<List<String>, FakeSession> locks = new HashMap<>();
    private final Map<List<String>, Set<String>> loaded = new ConcurrentHashMap<>();

    /** The stages by full name, except temporary ones. */
    final Map<List<String>, Stage> stages = new ConcurrentHashMap<>();

    /** Counts commits, so that a session notices when its snapshot is outdated. */
    final AtomicLong commits = new AtomicLong();

    Storage() {
        try {
            directory = Files.createTempDirectory("fake-snowflake");
            root = (DuckDBConnection) DriverManager.getConnection("jdbc:duckdb:");
            try (Statement statement = root.createStatement()) {
                statement.execute("SET GLOBAL TimeZone = 'UTC'");
                statement.execute("SET GLOBAL threads = 2");
            }
            DuckDBFunctions.scalarFunction()
                    .withName("_canonical_json")
                    .withParameter(String.class)
                    .withReturnType(String.class)
                    .withFunction((String json) -> Variants.canonical(json))
                    .register(root);
            DuckDBFunctions.scalarFunction()
                    .withName("_to_varchar")
                    .withParameters(String.class, String.class)
                    .withReturnType(String.class)
                    .withFunction((String text, String format) -> FakeTypes.format(text, format))
                    .register(root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException("The fake of Snowflake has no DuckDB", e);
        }
    }

    Connection connect() throws SQLException {
        return root.duplicate();
    }

    /** Creates a directory for a new stage. */
    Path newDirectory() {
        try {
            return Files.createTempDirectory(directory, "stage");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the files already loaded into a table. */
    Set<String> loaded(List<String> table) {
        return loaded.computeIfAbsent(table, name -> ConcurrentHashMap.newKeySet());
    }

    /** Forgets which files were loaded into a table. */
    void forget(List<String> table) {
        loaded.remove(table);
    }

    /** Locks a table for a session until its transaction ends. */
    void lock(List<String> table, FakeSession session) {
        synchronized (locks) {
            Instant until = Instant.now().plus(LOCK_TIMEOUT);
            while (locks.getOrDefault(table, session) != session) {
                long left = Duration.between(Instant.now(), until).toMillis();
                if (left <= 0) {
                    throw new StatementError(
                            625,
                            "57014",
                            "Statement has waited for the lock of table '" + String.join(".", table) + "' too long.");
                }
                try {
                    locks.wait(left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new StatementError(604, "57014", "SQL execution canceled");
                }
            }
            locks.put(table, session);
        }
    }

    void unlock(FakeSession session) {
        synchronized (locks) {
            locks.values().removeIf(holder -> holder == session);
            locks.notifyAll();
        }
    }

    /** A stage. */
    record Stage(List<String> name, Path directory, Map<String, Object> format) {

        void delete() {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void close() {
        try {
            root.close();
        } catch (SQLException e) {
            throw new IllegalStateException("The fake of Snowflake cannot close its DuckDB", e);
        }
        new Stage(List.of(), directory, Map.of()).delete();
    }
}
