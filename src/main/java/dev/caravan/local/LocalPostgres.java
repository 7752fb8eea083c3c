package dev.caravan.local;

import dev.caravan.run.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The local PostgreSQL with the shop's data. All processes that use a directory share one server: the first connection
 * starts it, the last process stops it.
 */
final class LocalPostgres {

    static final String DATABASE = "shop";
    static final String OWNER = "shop";
    static final String READER = "caravan_reader";

    private static final Logger LOG = LoggerFactory.getLogger(LocalPostgres.class);
    private static final Map<Path, LocalPostgres> INSTANCES = new ConcurrentHashMap<>();

    private final SharedDirectory directory;
    private final PostgresServer server;
    private int port;

    private LocalPostgres(SharedDirectory directory) {
        this.directory = directory;
        String binaries = System.getProperty("caravan.local.binaries");
        this.server = new PostgresServer(
                directory.path(),
                binaries == null
                        ? directory.path().resolveSibling(LocalServices.BINARIES)
                        : Path.of(binaries).toAbsolutePath());
    }

    /** Returns the server of a directory, without starting it. */
    static LocalPostgres at(Path directory) {
        SharedDirectory shared = SharedDirectory.at(privately(directory));
        return INSTANCES.computeIfAbsent(shared.path(), path -> new LocalPostgres(shared));
    }

    private static Path privately(Path directory) {
        try {
            return PrivateFiles.createDirectories(directory);
        } catch (IOException e) {
            return directory; // fails with a reason on first use
        }
    }

    /**
     * Connects; starts the server first if necessary.
     *
     * @param parameters as for PostgreSQL's driver; the default user is read-only, the default password that of the user
     */
    Connection connect(Properties parameters) throws SQLException {
        int known = port();
        try {
            return connect(known, parameters);
        } catch (SQLException e) {
            if (e.getSQLState() == null || !e.getSQLState().startsWith("08")) {
                throw e;
            }
            return connect(port(known), parameters); // the server was restarted
        }
    }

    private Connection connect(int atPort, Properties parameters) throws SQLException {
        Properties all = new Properties();
        parameters.stringPropertyNames().forEach(name -> all.setProperty(name, parameters.getProperty(name)));
        all.putIfAbsent("user", READER);
        String password = server.serviceFile().passwords().get(all.getProperty("user"));
        if (password != null && all.getProperty("password", "").isEmpty()) {
            all.setProperty("password", password);
        }
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + atPort + "/" + DATABASE, all);
    }

    private synchronized int port() {
        return port == 0 ? port(0) : port;
    }

    /** Returns the server's port; finds or starts the server if the known port is the broken one. */
    private synchronized int port(int broken) {
        if (port == broken) {
            boolean joined = port != 0;
            port = directory.join(this::findOrStart);
            if (!joined) {
                LocalServices.onStop(this::close);
            }
        }
        return port;
    }

    private int findOrStart() {
        var running = server.runningPort();
        long start = System.nanoTime();
        int found = running.isPresent()
                ? running.getAsInt()
                : server.start(DATABASE, PostgresServer.SUPERUSER, OWNER, READER);
        if (!Files.exists(server.readyMark())) {
            setUp(found);
        }
        if (running.isEmpty()) {
            LOG.info(
                    "Local PostgreSQL on 127.0.0.1:{}, database {}, data in {} (started in {} ms)",
                    found,
                    DATABASE,
                    directory.path(),
                    (System.nanoTime() - start) / 1_000_000);
        }
        return found;
    }

    /** Idempotent: if the process is killed, the next one repeats it. */
    private void setUp(int atPort) {
        ServiceFile services = server.serviceFile();
        try {
            Shop.setUp("jdbc:postgresql://127.0.0.1:" + atPort + "/", services.passwords());
            Files.createFile(server.readyMark());
        } catch (SQLException | IOException e) {
            throw new IllegalStateException("Cannot create the shop's tables: " + e.getMessage(), e);
        }
    }

    /**
     * Stops the server unless another process uses it.
     *
     * @return whether no other process uses it
     */
    synchronized boolean close() {
        port = 0;
        return directory.leave(server::stop);
    }
}
