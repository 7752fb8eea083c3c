package dev.caravan.pipeline.ledger;

import dev.caravan.run.PermanentException;
import dev.caravan.run.PrivateFiles;
import dev.caravan.run.ProcessLock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The processes that run pipelines. Beside an SQLite ledger each of them holds a {@link ProcessLock}. */
public final class NodeRegistry implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(NodeRegistry.class);

    private final Jdbi jdbi;
    private final Writes writes;
    private final Path locks;
    private String self;
    private ProcessLock lock;

    NodeRegistry(Jdbi jdbi, Writes writes, Path locks) {
        this.jdbi = jdbi;
        this.writes = writes;
        this.locks = locks;
    }

    /** The id of this process in the ledger, which it joins with the first call. */
    synchronized String self() {
        if (self == null) {
            String id = host() + ":" + ProcessHandle.current().pid() + "/" + Ids.random(4);
            if (locks != null) {
                lock(id);
            }
            writes.run(h -> h.execute(
                    "INSERT INTO nodes (id, started, seen, version, clock) VALUES (?, <now>, <now>, ?, ? - <now>)",
                    id,
                    NodeRegistry.class.getPackage().getImplementationVersion(),
                    System.currentTimeMillis()));
            self = id;
        }
        return self;
    }

    /** The name of a node: host:pid. */
    static String name(String id) {
        return id == null ? null : id.substring(0, id.lastIndexOf('/'));
    }

    /**
     * Registers this process as a service that runs pipelines on their schedules.
     *
     * @param versions the pipelines, each with the version of its route
     * @param limits how many runs of each can be active
     * @param places how many runs this process executes at a time
     */
    public void serve(Map<String, String> versions, Map<String, Integer> limits, int places) {
        String id = self();
        writes.run(h -> {
            h.execute(
                    "UPDATE nodes SET serves = COALESCE(serves, <now>), seen = <now>, places = ? WHERE id = ?",
                    places,
                    id);
            h.execute("DELETE FROM served WHERE node = ?", id);
            PreparedBatch batch =
                    h.prepareBatch("INSERT INTO served (node, pipeline, version, concurrency) VALUES (?, ?, ?, ?)");
            versions.forEach((pipeline, version) -> batch.add(id, pipeline, version, limits.get(pipeline)));
            batch.execute();
        });
    }

    /**
     * Returns the services in the ledger, the last one first; with their pipelines if they are running.
     *
     * @param silence a service without a heartbeat for longer is not running
     */
    public List<Service> services(Duration silence) {
        return jdbi.withHandle(h -> {
            Map<String, Map<String, String>> versions = new HashMap<>();
            h.createQuery("SELECT node, pipeline, version FROM served WHERE node IN (SELECT id FROM nodes"
                            + " WHERE stopped IS NULL AND seen >= <now> - :silence)")
                    .bind("silence", silence.toMillis())
                    .mapToMap()
                    .forEach(row -> versions.computeIfAbsent((String) row.get("node"), node -> new TreeMap<>())
                            .put((String) row.get("pipeline"), (String) row.get("version")));
            return h.createQuery(
                            "SELECT id, serves, seen, stopped, stopped IS NULL AND seen >= <now> - :silence AS live"
                                    + " FROM nodes WHERE serves IS NOT NULL ORDER BY COALESCE(stopped, seen) DESC")
                    .bind("silence", silence.toMillis())
                    .map((rs, context) -> new Service(
                            name(rs.getString("id")),
                            Instant.ofEpochMilli(rs.getLong("serves")),
                            Instant.ofEpochMilli(Math.max(rs.getLong("stopped"), rs.getLong("seen"))),
                            rs.getBoolean("live") && !isDead(rs.getString("id")),
                            versions.getOrDefault(rs.getString("id"), Map.of())))
                    .list();
        });
    }

    /**
     * Returns the processes that run pipelines now, and the services that have ended without being stopped, the last heartbeat
     * first.
     *
     * @param silence a process without a heartbeat for longer is not running
     * @param since only those with a heartbeat after this time
     */
    public List<Node> list(Duration silence, Instant since) {
        return jdbi.withHandle(h -> {
            Map<String, Map<String, Integer>> runs = new HashMap<>();
            h.createQuery("SELECT node, state, COUNT(*) AS runs FROM runs WHERE node IS NOT NULL AND state IN "
                            + RunTable.LIVE + " GROUP BY node, state")
                    .map((rs, context) -> runs.computeIfAbsent(rs.getString("node"), node -> new HashMap<>())
                            .put(rs.getString("state"), rs.getInt("runs")))
                    .list();
            return h
                    .createQuery("SELECT id, started, seen, serves, version, places, clock,"
                            + " seen >= <now> - :silence AS live FROM nodes WHERE stopped IS NULL AND seen >= :since"
                            + " ORDER BY seen DESC")
                    .bind("silence", silence.toMillis())
                    .bind("since", since.toEpochMilli())
                    .map((rs, context) -> {
                        String id = rs.getString("id");
                        Map<String, Integer> its = runs.getOrDefault(id, Map.of());
                        return new Node(
                                name(id),
                                rs.getLong("serves") != 0,
                                rs.getBoolean("live") && !isDead(id),
                                rs.getString("version"),
                                its.getOrDefault(RunState.RUNNING.toString(), 0),
                                its.getOrDefault(RunState.SCHEDULED.toString(), 0)
                                        + its.getOrDefault(RunState.RETRYING.toString(), 0),
                                rs.getInt("places"),
                                Instant.ofEpochMilli(rs.getLong("started")),
                                Instant.ofEpochMilli(rs.getLong("seen")),
                                Duration.ofMillis(rs.getLong("clock")));
                    })
                    .list()
                    .stream()
                    .filter(node -> node.running() || node.service())
                    .toList();
        });
    }

    /** Writes a heartbeat of this process, if it has joined. */
    public void heartbeat() {
        String id = joined();
        if (id != null) {
            writes.run(h -> h.execute(
                    "UPDATE nodes SET seen = <now>, clock = ? - <now> WHERE id = ?", System.currentTimeMillis(), id));
        }
    }

    /** The id of this process, or null if it has not joined. */
    synchronized String joined() {
        return self;
    }

    /** Whether the process of a node has ended for certain. Otherwise its leases decide. */
    boolean isDead(String id) {
        return locks != null && ProcessLock.isAbandoned(file(id));
    }

    private void lock(String id) {
        Path file = file(id);
        try {
            PrivateFiles.createDirectories(locks);
            lock = ProcessLock.create(file);
        } catch (IOException e) {
            throw new PermanentException("Cannot lock the file " + file + ": " + e + "; let this user write there", e);
        }
    }

    private Path file(String id) {
        return locks.resolve(id.replaceAll("[^A-Za-z0-9.-]", "-") + ".lock");
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    /** Deletes old nodes, and the lock files of dead ones. */
    void prune(Duration retention) {
        writes.run(h -> h.execute("DELETE FROM nodes WHERE seen <= <now> - ?", retention.toMillis()));
        if (locks != null) {
            try (Stream<Path> files = Files.list(locks)) {
                for (Path dead : files.filter(ProcessLock::isAbandoned).toList()) {
                    Files.deleteIfExists(dead);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot clean up " + locks, e);
            }
        }
    }

    private void leave() {
        try {
            writes.run(h -> {
                h.execute("UPDATE nodes SET stopped = <now> WHERE id = ?", self);
                h.execute("DELETE FROM served WHERE node = ?", self);
            });
        } catch (RuntimeException e) {
            LOG.debug("The end of this process could not be saved", e);
        }
    }

    @Override
    public synchronized void close() {
        if (self != null) {
            leave();
        }
        if (lock != null) {
            try {
                lock.close();
            } catch (IOException e) {
                // the operating system releases the lock when the process ends
            }
            lock = null;
        }
    }
}
