package dev.caravan.warehouse.duckdb;

import com.sun.management.OperatingSystemMXBean;
import dev.caravan.run.PermanentException;
import dev.caravan.run.PrivateFiles;
import dev.caravan.run.RunEndedException;
import dev.caravan.run.TransientException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.duckdb.DuckDBConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The database files of the warehouse: lists and attaches them. */
final class DatabaseFiles {

    private static final Logger LOG = LoggerFactory.getLogger(DatabaseFiles.class);

    private static final String SUFFIX = ".duckdb";
    private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}_$][\\p{L}\\p{N}_$ -]*");
    /** DuckDB's own databases. */
    private static final List<String> RESERVED = List.of("memory", "system", "temp");

    private static final Pattern IN_USE = Pattern.compile("(?i)could not set lock|already attached");
    private static final Pattern HOLDER = Pattern.compile("PID (\\d+)");
    /** The number of copies of rows that DuckDB holds to compare and write them. */
    private static final int COPIES = 4;

    /** The memory that a thread needs for each column that it writes: DuckDB's blocks of 256 KB, with their compression. */
    private static final long WRITTEN = 1 << 20;

    /** The files that this process has open: DuckDB rejects a second time, and file locks belong to the process. */
    private static final Map<Path, Semaphore> OPEN = new ConcurrentHashMap<>();

    private final Path directory;
    private final Duration timeout;
    private final long memory;

    DatabaseFiles(Path directory, Duration timeout, long memory) {
        this.directory = directory.toAbsolutePath().normalize();
        this.timeout = timeout;
        this.memory = Math.min(totalMemory() / 4, memory);
    }

    Path directory() {
        return directory;
    }

    /** Opens a private DuckDB in memory, to which files can be attached. It does not spill before {@link #spill}. */
    DuckDBConnection connect() throws SQLException {
        Properties settings = new Properties();
        settings.setProperty("memory_limit", mebibytes(memory));
        settings.setProperty("temp_directory", "");
        // many loads stage at the same time; the one that has the file gets more
        settings.setProperty("threads", "1");
        settings.setProperty("autoinstall_known_extensions", "false");
        settings.setProperty("autoload_known_extensions", "false");
        Connection connection = DriverManager.getConnection("jdbc:duckdb:", settings);
        execute(connection, "SET TimeZone = 'UTC'");
        return (DuckDBConnection) connection;
    }

    private static void threads(Connection connection, int count) throws SQLException {
        execute(connection, "SET threads = " + count);
    }

    /**
     * Lets several threads write a table, as far as their buffers fit into the memory. To keep the order of the rows, DuckDB
     * plans 4 MB for each column and thread, so that one thread alone would write a wide table; without it, groups of
     * 122,880 rows may change places.
     */
    void writeInParallel(Connection connection, int columns) throws SQLException {
        long threads = Math.min(Runtime.getRuntime().availableProcessors(), memory / 2 / (columns * WRITTEN));
        if (threads > 1) {
            threads(connection, Math.toIntExact(threads));
            execute(connection, "SET preserve_insertion_order = false");
        }
    }

    /** Sets the directory to which a connection spills. */
    static void spill(Connection connection, Path path) throws SQLException {
        execute(connection, "SET temp_directory = " + DuckDbDialect.INSTANCE.literal(path.toString()));
    }

    /**
     * Raises the memory limit of a connection if a vector of rows would exceed it.
     *
     * @param atOnce the bytes of the largest vector
     */
    void allow(Connection connection, long atOnce) throws SQLException {
        if (COPIES * atOnce > memory / 2) {
            long limit = Math.max(memory, Math.min(totalMemory() / 2, memory + COPIES * atOnce));
            execute(connection, "SET memory_limit = '" + mebibytes(limit) + "'");
        }
    }

    private static long totalMemory() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    }

    private static String mebibytes(long bytes) {
        return bytes / (1 << 20) + "MiB";
    }

    /** Returns the names of all databases. */
    List<String> databases() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(SUFFIX))
                    .map(name -> name.substring(0, name.length() - SUFFIX.length()))
                    // skips files of other names, such as DLT.backup.duckdb
                    .filter(DatabaseFiles::isName)
                    .sorted()
                    .toList();
        }
    }

    private static boolean isName(String database) {
        return NAME.matcher(database).matches() && RESERVED.stream().noneMatch(database::equalsIgnoreCase);
    }

    /** Returns the file of a database; names are compared without regard to case. */
    private Path file(String database) throws IOException {
        if (!isName(database)) {
            throw new PermanentException("A DuckDB database cannot be named " + database
                    + ": use letters, digits and _; reserved are " + String.join(", ", RESERVED));
        }
        String spelled = databases().stream()
                .filter(database::equalsIgnoreCase)
                .findFirst()
                .orElse(database);
        return directory.resolve(spelled + SUFFIX);
    }

    /**
     * Attaches a database under its name. Waits while it is open elsewhere: in other processes until the timeout, in other
     * loads of this process without a limit. A database that is only read and does not exist is empty.
     *
     * @return the attached database; closing it detaches it
     */
    Attached attach(Connection connection, String database, boolean write) throws SQLException {
        try {
            if (write) {
                PrivateFiles.createDirectories(directory);
            }
            Path file = file(database);
            Semaphore open = OPEN.computeIfAbsent(file, key -> new Semaphore(1, true));
            open.acquire();
            try {
                attach(connection, database, file, write, System.nanoTime() + timeout.toNanos());
                threads(connection, Runtime.getRuntime().availableProcessors());
            } catch (SQLException | RuntimeException | InterruptedException e) {
                open.release();
                throw e;
            }
            return new Attached(connection, database, open);
        } catch (IOException e) {
            throw unusable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RunEndedException("Interrupted while waiting for the database " + database);
        }
    }

    private void attach(Connection connection, String database, Path file, boolean write, long deadline)
            throws SQLException, InterruptedException {
        String source = write || Files.exists(file) ? file.toString() : ":memory:";
        String mode = write || source.equals(":memory:") ? "" : " (READ_ONLY)";
        String sql = "ATTACH " + DuckDbDialect.INSTANCE.literal(source) + " AS "
                + DuckDbDialect.INSTANCE.quote(database) + mode;
        for (long pause = 10; ; pause = Math.min(pause * 2, 250)) {
            try {
                execute(connection, sql);
                return;
            } catch (SQLException e) {
                if (!IN_USE.matcher(String.valueOf(e.getMessage())).find()) {
                    throw e;
                } else if (System.nanoTime() > deadline) {
                    Matcher holder = HOLDER.matcher(e.getMessage());
                    throw busy(file, holder.find() ? "the process " + holder.group(1) : "another process");
                }
                Thread.sleep(pause);
            }
        }
    }

    /** Returns the exception for a directory that cannot be used. */
    PermanentException unusable(IOException e) {
        return new PermanentException(
                "The directory " + directory + " cannot be used: " + e
                        + "; make it a directory that this user can write to",
                e);
    }

    private TransientException busy(Path file, String holder) {
        return new TransientException("The file " + file + " has been in use by " + holder + " for "
                + timeout.toSeconds() + " s; close it there, or raise camel.component.warehouse.lockTimeout");
    }

    /** An attached database. */
    record Attached(Connection connection, String database, Semaphore open) implements AutoCloseable {

        @Override
        public void close() {
            try {
                execute(connection, "DETACH " + DuckDbDialect.INSTANCE.quote(database));
                threads(connection, 1);
            } catch (SQLException e) {
                LOG.debug("Detaching {} failed", database, e);
            } finally {
                open.release();
            }
        }
    }

    /** Runs a statement in its own {@link Statement}: DuckDB closes one that fails. */
    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
