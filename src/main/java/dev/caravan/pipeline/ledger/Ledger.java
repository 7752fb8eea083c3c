package dev.caravan.pipeline.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import dev.caravan.run.PermanentException;
import dev.caravan.run.UsageException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.StatementContext;
import org.postgresql.ds.PGSimpleDataSource;
import org.sqlite.SQLiteOpenMode;

/**
 * The durable record of runs, shared by all processes that open the same database. Opening it creates or migrates its
 * tables.
 */
public final class Ledger implements AutoCloseable {

    /**
     * How long this process has waited for what it wrote: for its turn, the statements and the commit.
     *
     * @param writes how many
     * @param total how long altogether
     */
    public record WriteTime(long writes, Duration total) {}

    /**
     * The connections of this process.
     *
     * @param limit how many there can be
     * @param used how many are in use
     * @param waiting how many threads wait for one
     */
    public record Connections(int limit, int used, int waiting) {}

    private final String name;
    private final boolean readOnly;
    private final HikariDataSource pool;
    private final Jdbi jdbi;
    private final Writes writes;
    private final Clock clock;
    private final NodeRegistry nodes;
    private final Reaper reaper;
    private final PipelineTable pipelines;
    private final RunTable runs;
    private final RunQueue queue;
    private final WaitingRuns waiting;
    private final Leases leases;
    private final RunHistory history;
    private final RunStatistics statistics;
    private final RunTotals totals;
    private final LogTable logs;
    private final LogSearch logSearch;
    private final Outbox outbox;
    private final IncidentTable incidents;
    private final SlotTable slots;
    private final DayTable days;
    private final QuotaTable quotas;
    private final LoadTable loads;

    private Ledger(String name, HikariDataSource pool, Jdbi jdbi, SqliteFile file) {
        this.name = name;
        this.readOnly = file != null && file.isReadOnly();
        this.pool = pool;
        this.jdbi = jdbi;
        Instant now = jdbi.withHandle(h -> Instant.ofEpochMilli(
                h.createQuery("SELECT <now>").mapTo(Long.class).one()));
        // times of this process and of the database must be comparable
        this.clock = Clock.offset(Clock.systemUTC(), Duration.between(Instant.now(), now));
        this.writes = new Writes(jdbi, file != null);
        this.nodes = new NodeRegistry(
                jdbi, writes, file == null ? null : file.directory().resolve("nodes"));
        this.pipelines = new PipelineTable(jdbi, writes);
        this.reaper = new Reaper(jdbi, writes, nodes, !readOnly);
        this.runs = new RunTable(jdbi, writes, nodes, reaper);
        this.queue = new RunQueue(jdbi, writes, reaper);
        this.waiting = new WaitingRuns(jdbi, writes, nodes);
        this.leases = new Leases(jdbi, writes, reaper);
        this.history = new RunHistory(jdbi, reaper);
        this.statistics = new RunStatistics(jdbi, history);
        this.totals = new RunTotals(jdbi);
        this.logs = new LogTable(jdbi, writes);
        this.logSearch = new LogSearch(jdbi);
        this.outbox = new Outbox(jdbi, writes);
        this.incidents = new IncidentTable(jdbi, writes);
        this.slots = new SlotTable(jdbi, writes);
        this.days = new DayTable(jdbi, writes);
        this.quotas = new QuotaTable(jdbi, writes);
        this.loads = new LoadTable(jdbi, writes);
    }

    /**
     * Opens the ledger; read-only if the user cannot write its file.
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
            throw new UsageException(
                    "Unsupported ledger URL " + name + ": it must begin with jdbc:sqlite: or jdbc:postgresql:");
        }
        HikariDataSource pool = null;
        try {
            SqliteFile file = product == LedgerDatabase.SQLITE ? SqliteFile.of(url) : null;
            if (file != null) {
                file.create();
            }
            pool = new HikariDataSource(
                    file != null && file.isReadOnly() ? reader(file, url) : pool(url, user, password, product));
            new Schema(Jdbi.create(pool), file == null ? patient(url, user, password) : pool, name).migrate(file);
            Jdbi jdbi = Jdbi.create(new Guard(pool, name, file));
            product.define(jdbi);
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

    /** Returns the file of an SQLite ledger; empty for PostgreSQL. */
    public static Optional<Path> file(String url) {
        return LedgerDatabase.of(url) == LedgerDatabase.SQLITE
                ? Optional.of(SqliteFile.of(url).path())
                : Optional.empty();
    }

    private static HikariConfig reader(SqliteFile file, String url) {
        HikariConfig config = pool(file.readOnlyUrl(url), null, null, LedgerDatabase.SQLITE);
        config.setReadOnly(true); // the pool would set it to false
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
            // a transaction that begins with a read cannot wait for the write lock later
            config.addDataSourceProperty("transaction_mode", "IMMEDIATE");
        } else {
            config.setConnectionTimeout(10_000);
            config.addDataSourceProperty("ApplicationName", "caravan");
            // a hanging session must not outlive its lease
            config.addDataSourceProperty("socketTimeout", "30");
            config.addDataSourceProperty("tcpKeepAlive", "true");
        }
        return config;
    }

    /** Connections to PostgreSQL that wait for their answers as long as it takes to change a large table. */
    private static DataSource patient(String url, String user, String password) {
        PGSimpleDataSource database = new PGSimpleDataSource();
        database.setUrl(url);
        if (user != null) {
            database.setUser(user);
            database.setPassword(password);
        }
        database.setApplicationName("caravan");
        database.setSocketTimeout(0);
        database.setTcpKeepAlive(true);
        return database;
    }

    /** Passes each statement to a listener, with {@code ?} for its parameters, before it is executed. */
    void onStatement(Consumer<String> listener) {
        jdbi.setSqlLogger(new SqlLogger() {
            @Override
            public void logBeforeExecution(StatementContext statement) {
                listener.accept(statement.getParsedSql().getSql());
            }
        });
    }

    /** Returns whether the ledger is read-only for this user. */
    public boolean isReadOnly() {
        return readOnly;
    }

    /**
     * Requires write access.
     *
     * @throws PermanentException if the ledger is read-only for this user
     */
    public void requireWritable() {
        if (readOnly) {
            throw new PermanentException("The ledger " + name
                    + " can only be read by this user: run this command as its owner, or let this user write the file and"
                    + " its directory");
        }
    }

    /** Returns the table of pipelines and pauses. */
    public PipelineTable pipelines() {
        return pipelines;
    }

    /** Returns the table of runs. */
    public RunTable runs() {
        return runs;
    }

    /** The queue of runs of each pipeline. */
    public RunQueue queue() {
        return queue;
    }

    /** The runs that any node can execute. */
    public WaitingRuns waiting() {
        return waiting;
    }

    /** The leases of active runs. */
    public Leases leases() {
        return leases;
    }

    /** Returns the queries of runs. */
    public RunHistory history() {
        return history;
    }

    /** Returns the table of the runs' log lines. */
    public LogTable logs() {
        return logs;
    }

    /** Returns figures about many runs. */
    public RunStatistics statistics() {
        return statistics;
    }

    /** Returns what all runs that have ended amount to. */
    public RunTotals totals() {
        return totals;
    }

    /** Returns the search in the log lines of all runs. */
    public LogSearch logSearch() {
        return logSearch;
    }

    /** Returns the messages that are to be delivered. */
    public Outbox outbox() {
        return outbox;
    }

    /** Returns what runs have loaded, by table. */
    public LoadTable loads() {
        return loads;
    }

    /** Returns the incidents. */
    public IncidentTable incidents() {
        return incidents;
    }

    /** Returns the slots that are accounted for. */
    public SlotTable slots() {
        return slots;
    }

    /** Returns what is left of the quotas of APIs. */
    public QuotaTable quotas() {
        return quotas;
    }

    /** Returns what is known of the days of data. */
    public DayTable days() {
        return days;
    }

    /** Returns the registry of processes. */
    public NodeRegistry nodes() {
        return nodes;
    }

    /** Returns the ledger's clock, measured when it was opened. */
    public Clock clock() {
        return clock;
    }

    /** Returns how long this process has waited for its writes. */
    public WriteTime writeTime() {
        return writes.time();
    }

    /** Returns the connections of this process to the database. */
    public Connections connections() {
        HikariPoolMXBean now = pool.getHikariPoolMXBean();
        return new Connections(
                pool.getMaximumPoolSize(), now.getActiveConnections(), now.getThreadsAwaitingConnection());
    }

    /** Marks the runs of dead processes as crashed. */
    public void reap() {
        reaper.reap();
    }

    /**
     * Deletes ended runs, and the log lines of ended runs, that are older than their retention.
     */
    public void prune(Duration runRetention, Duration logRetention) {
        reaper.reap();
        logs.prune(logRetention);
        runs.prune(runRetention);
        incidents.prune(runRetention);
        nodes.prune(runRetention);
    }

    @Override
    public void close() {
        nodes.close();
        pool.close();
    }
}
