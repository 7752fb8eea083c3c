package dev.caravan.pipeline.ledger;

import dev.caravan.run.PermanentException;
import dev.caravan.run.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The processes that run pipelines. Beside an SQLite ledger each of them holds the lock of a file of its own, which the
 * kernel releases when the process ends in whatever way: who gets the lock of another node knows that it is dead.
 */
public final class NodeRegistry implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(NodeRegistry.class);

    /** Nodes of this JVM. Their files must not be opened a second time: closing one would release the lock. */
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

    private final Jdbi jdbi;
    private final Path locks;
    private String self;
    private Path file;
    private FileChannel lock;

    NodeRegistry(Jdbi jdbi, Path locks) {
        this.jdbi = jdbi;
        this.locks = locks;
    }

    /** The id of this process in the ledger; it joins when it is first asked for. */
    synchronized String self() {
        if (self == null) {
            String id = host() + ":" + ProcessHandle.current().pid() + "/" + Ids.random(4);
            if (locks != null) {
                hold(id);
            }
            jdbi.useHandle(h -> h.execute("INSERT INTO nodes (id, started, seen) VALUES (?, <now>, <now>)", id));
            self = id;
        }
        return self;
    }

    /** The name of a node: host:pid. */
    static String name(String id) {
        return id == null ? null : id.substring(0, id.lastIndexOf('/'));
    }

    /** Makes this process known as a service: it runs these pipelines on their schedules, in these versions. */
    public void serve(Map<String, String> versions) {
        String id = self();
        jdbi.useTransaction(h -> {
            h.execute("UPDATE nodes SET serves = COALESCE(serves, <now>), seen = <now> WHERE id = ?", id);
            h.execute("DELETE FROM served WHERE node = ?", id);
            PreparedBatch batch = h.prepareBatch("INSERT INTO served (node, pipeline, version) VALUES (?, ?, ?)");
            versions.forEach((pipeline, version) -> batch.add(id, pipeline, version));
            batch.execute();
        });
    }

    /**
     * The services that the ledger remembers, the last one first.
     *
     * @param silence one that was not heard of for longer does not run any more
     */
    public List<Service> services(Duration silence) {
        return jdbi.withHandle(h -> {
            Map<String, Map<String, String>> versions = new HashMap<>();
            h.createQuery("SELECT node, pipeline, version FROM served")
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
                            rs.getBoolean("live") && !dead(rs.getString("id")),
                            versions.getOrDefault(rs.getString("id"), Map.of())))
                    .list();
        });
    }

    /** Tells the others that this process is alive, if it has joined them. */
    public void heartbeat() {
        String id = joined();
        if (id != null) {
            jdbi.useHandle(h -> h.execute("UPDATE nodes SET seen = <now> WHERE id = ?", id));
        }
    }

    /** The id of this process, or null if it has not joined. */
    synchronized String joined() {
        return self;
    }

    /** Whether a node is known to be dead. Not to be known says nothing: its leases decide then. */
    boolean dead(String id) {
        return locks != null && free(file(id));
    }

    private static boolean free(Path other) {
        if (OWN.contains(other)) {
            return false;
        }
        synchronized (OWN) {
            try (FileChannel channel = FileChannel.open(other, StandardOpenOption.WRITE);
                    FileLock taken = channel.tryLock()) {
                return taken != null;
            } catch (IOException e) {
                return false;
            }
        }
    }

    private void hold(String id) {
        file = file(id);
        OWN.add(file);
        try {
            PrivateFiles.createDirectories(locks);
            lock = FileChannel.open(PrivateFiles.createFile(file), StandardOpenOption.WRITE);
            lock.lock();
        } catch (IOException e) {
            OWN.remove(file);
            throw new PermanentException(
                    "The file " + file + " cannot be locked: " + e + "; let this user write there", e);
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

    /** Forgets old nodes, and removes what dead ones have left. */
    void prune(Duration retention) {
        jdbi.useHandle(h -> h.execute("DELETE FROM nodes WHERE seen <= <now> - ?", retention.toMillis()));
        if (locks != null) {
            try (Stream<Path> files = Files.list(locks)) {
                for (Path dead : files.filter(NodeRegistry::free).toList()) {
                    Files.deleteIfExists(dead);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("Cannot tidy " + locks, e);
            }
        }
    }

    private void leave() {
        try {
            jdbi.useHandle(h -> h.execute("UPDATE nodes SET stopped = <now> WHERE id = ?", self));
        } catch (RuntimeException e) {
            LOG.debug("The ledger could not be told that this process ends", e); // it will hear no more of it
        }
    }

    @Override
    public synchronized void close() {
        if (self != null) {
            leave();
        }
        if (lock != null) {
            try {
                Files.deleteIfExists(file);
                lock.close();
            } catch (IOException e) {
                // the kernel releases the lock when the process ends
            }
            lock = null;
            OWN.remove(file);
        }
    }
}
