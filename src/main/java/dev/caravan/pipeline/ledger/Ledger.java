package dev.caravan.pipeline.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.caravan.run.PermanentException;
import dev.caravan.run.UsageException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatements;
import org.sqlite.SQLiteOpenMode;

/**
 * The durable book of runs, shared by every process that opens the same database. Opening it creates or migrates its
 * tables where needed.
 */
public final class Ledger implements AutoCloseable {

    private final String name;
    private final boolean readOnly;
    private final HikariDataSource pool;
    private final Clock clock;
    private final NodeRegistry nodes;
    private final Reaper reaper;
    private final PipelineTable pipelines;
    private final RunTable runs;
    private final RunQueue queue;
    private final Leases leases;
    private final RunHistory history;
    private final LogTable logs;

    private Ledger(String name, HikariDataSource pool, Jdbi jdbi, SqliteFile file) {
        this.name = name;
        this.readOnly = file != null && file.isReadOnly();
        this.pool = pool;
        Instant now = jdbi.withHandle(h -> Instant.ofEpochMilli(
                h.createQuery("SELECT <now>").mapTo(Long.class).one()));
        // what is timed in the process should be comparable with what the database times
        this.clock = Clock.offset(Clock.systemUTC(), Duration.between(Instant.now(), now));
        this.nodes =
                new NodeRegistry(jdbi, file == null ? null : file.directory().resolve("nodes"));
        this.pipelines = new PipelineTable(jdbi);
        this.reaper = new Reaper(jdbi, nodes, !readOnly);
        this.runs = new RunTable(jdbi, nodes, reaper);
        this.queue = new RunQueue(jdbi, reaper);
        this.leases = new Leases(jdbi, reaper);
        this.history = new RunHistory(jdbi, reaper);
        this.logs = new LogTable(jdbi);
    }

    /**
     * Opens the ledger. A user who may not write its file can look at it.
     *
     * @param url {@code jdbc:sqlite:FILE} or {@code jdbc:postgresql:...}
     * @param user for PostgreSQL, or null
     * @param password for PostgreSQL, or null
     * @throws UsageException if the URL is neither
     * @throws PermanentException if the database cannot be opened or was written by a newer version
     */
    public static Ledger open(String url, String user, String password) {
        LedgerDatabase product = LedgerDatabase.of(url);
        String name = url.replaceFirst("[?;].*", "").replaceFirst("//[^/]*@", "//");
        if (product == null) {
            throw new UsageException("The ledger cannot be kept in " + name
                    + ": its URL has to begin with jdbc:sqlite: or jdbc:postgresql:");
        }
        HikariDataSource pool = null;
        try {
            SqliteFile file = product == LedgerDatabase.SQLITE ? SqliteFile.of(url) : null;
            if (file != null) {
                file.create();
            }
            pool = new HikariDataSource(
                    file != null && file.isReadOnly() ? reader(file, url) : pool(url, user, password, product));
            new Schema(Jdbi.create(pool), pool, name).migrate(file);
            Jdbi jdbi = Jdbi.create(new Guard(pool, name, file));
            jdbi.getConfig(SqlStatements.class).define("now", product.now).define("forUpdate", product.forUpdate);
            return new Ledger(name, pool, jdbi, file);
        } catch (Exception e) {
            if (pool != null) {
                pool.close();
            }
            throw e instanceof PermanentException known
                    ? known
                    : new PermanentException("The ledger " + name + " cannot be opened: " + Errors.describe(e), e);
        }
    }

    /** The file that a ledger is kept in; empty if its URL is none of an SQLite database. */
    public static Optional<Path> file(String url) {
        return LedgerDatabase.of(url) == LedgerDatabase.SQLITE
                ? Optional.of(SqliteFile.of(url).path())
                : Optional.empty();
    }

    private static HikariConfig reader(SqliteFile file, String url) {
        HikariConfig config = pool(file.readOnlyUrl(url), null, null, LedgerDatabase.SQLITE);
        config.setReadOnly(true); // else the pool would ask for the opposite
        config.addDataSourceProperty("open_mode", Integer.toString(SQLiteOpenMode.READONLY.flag));
        return config;
    }

    private static HikariConfig pool(String url, String user, String password, LedgerDatabase product) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("ledger");
        config.setJdbcUrl(url);
        config.setUsername(user);
        config.setPassword(password);
        config.setMinimumIdle(1);
        config.setMaximumPoolSize(4);
        if (product == LedgerDatabase.SQLITE) {
            config.addDataSourceProperty("foreign_keys", "true");
            config.addDataSourceProperty("busy_timeout", "30000");
            // a transaction that begins by reading could not wait for the write lock any more
            config.addDataSourceProperty("transaction_mode", "IMMEDIATE");
        } else {
            config.setConnectionTimeout(10_000);
            config.addDataSourceProperty("ApplicationName", "caravan");
            // a session that hangs must not outlive the lease it works for
            config.addDataSourceProperty("socketTimeout", "30");
            config.addDataSourceProperty("tcpKeepAlive", "true");
        }
        return config;
    }

    /** Whether this user may only look. */
    public boolean isReadOnly() {
        return readOnly;
    }

    /**
     * Refuses to go on if this user may only look.
     *
     * @throws PermanentException if that is so
     */
    public void requireWritable() {
        if (readOnly) {
            throw new PermanentException("The ledger " + name
                    + " can only be read by this user: run this command as its owner, or let this user write the file and"
                    + " its directory");
        }
    }

    /** The pipelines' names and whether they are paused. */
    public PipelineTable pipelines() {
        return pipelines;
    }

    /** Runs from their creation to their end. */
    public RunTable runs() {
        return runs;
    }

    /** The queue of runs of each pipeline. */
    public RunQueue queue() {
        return queue;
    }

    /** The leases of active runs. */
    public Leases leases() {
        return leases;
    }

    /** What has run and what runs. */
    public RunHistory history() {
        return history;
    }

    /** What was logged for the runs. */
    public LogTable logs() {
        return logs;
    }

    /** The processes that run pipelines, and which of them this one is. */
    public NodeRegistry nodes() {
        return nodes;
    }

    /** The ledger's clock, as measured when it was opened. */
    public Clock clock() {
        return clock;
    }

    /**
     * Forgets what is older than its retention: ended runs with everything about them, and the log lines of ended runs.
     */
    public void prune(Duration runRetention, Duration logRetention) {
        reaper.reap();
        logs.prune(logRetention);
        runs.prune(runRetention);
        nodes.prune(runRetention);
    }

    @Override
    public void close() {
        nodes.close();
        pool.close();
    }
}
