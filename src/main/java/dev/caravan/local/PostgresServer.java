package dev.caravan.local;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One PostgreSQL server and its directory: {@code cluster} (PostgreSQL's data), {@code pg_service.conf} and logs. The server outlives the process that starts it. {@link LocalPostgres} ensures that one process at a time calls it.
 */
final class PostgresServer {

    static final String SUPERUSER = "postgres";

    private static final Logger LOG = LoggerFactory.getLogger(PostgresServer.class);
    private static final String UNFINISHED = ".cluster";
    private static final int START_ATTEMPTS = 5;
    private static final int TIMEOUT_MILLIS = 20_000;

    private final Path directory;
    private final Path cluster;
    private final Path serviceFile;
    private final Path binaries;
    private PostgresPrograms programs;

    PostgresServer(Path directory, Path binaries) {
        this.directory = directory;
        this.cluster = directory.resolve("cluster");
        this.serviceFile = directory.resolve("pg_service.conf");
        this.binaries = binaries;
    }

    /** Marks the set-up of the data as done. */
    Path readyMark() {
        return cluster.resolve("caravan.ready");
    }

    ServiceFile serviceFile() {
        try {
            return ServiceFile.read(serviceFile);
        } catch (IOException e) {
            throw new PermanentException(
                    "Cannot read " + serviceFile + " with the passwords of PostgreSQL: delete " + directory, e);
        }
    }

    /** Starts the server; creates its data first if necessary. */
    int start(String database, String... roles) {
        try {
            if (!Files.exists(serviceFile)) {
                LocalServices.delete(cluster); // its passwords are lost
                ServiceFile.generate(roles).write(serviceFile, database);
            }
            programs().own(directory);
            if (!Files.exists(cluster)) {
                initialise();
            }
            return start(database);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot start PostgreSQL in " + directory + ": " + e.getMessage(), e);
        }
    }

    /** Without fsync: the data can be created again, and a killed server still loses nothing. */
    private void initialise() throws IOException {
        removeUnfinished();
        Path unfinished = Files.createTempDirectory(directory, UNFINISHED);
        Path password = Files.createTempFile(directory, ".password", null);
        try {
            Files.writeString(password, serviceFile().passwords().get(SUPERUSER));
            programs().own(directory);
            programs()
                    .run(
                            directory.resolve("initdb.log"),
                            "initdb",
                            "--pgdata=" + unfinished,
                            "--username=" + SUPERUSER,
                            "--pwfile=" + password,
                            "--auth=scram-sha-256",
                            "--encoding=UTF8",
                            "--locale-provider=builtin",
                            "--builtin-locale=C.UTF-8",
                            "--locale=C",
                            "--no-sync",
                            "--no-instructions",
                            "--set=listen_addresses=127.0.0.1",
                            "--set=unix_socket_directories=",
                            "--set=scram_iterations=1", // random passwords need no slow hash
                            "--set=timezone=UTC",
                            "--set=log_timezone=UTC",
                            "--set=max_connections=50",
                            "--set=shared_buffers=32MB",
                            "--set=wal_level=minimal",
                            "--set=max_wal_senders=0",
                            "--set=fsync=off",
                            "--set=full_page_writes=off",
                            "--set=jit=off");
        } finally {
            Files.delete(password);
        }
        Files.move(unfinished, cluster, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Removes the leftovers of a killed process, unless its initdb still writes; then the next start does. */
    private void removeUnfinished() {
        try (var leftovers = Files.newDirectoryStream(directory, UNFINISHED + "*")) {
            for (Path leftover : leftovers) {
                LocalServices.delete(leftover);
            }
        } catch (IOException e) {
            LOG.debug("Not removed: {}", e.getMessage(), e);
        }
    }

    private int start(String database) throws IOException {
        removeForeignPid();
        Path log = directory.resolve("postgresql.log");
        for (int attempt = 1; ; attempt++) {
            int port = freePort(attempt == 1 ? serviceFile().port() : 0);
            try {
                Files.deleteIfExists(log);
                programs()
                        .run(
                                directory.resolve("pg_ctl.log"),
                                "pg_ctl",
                                "--pgdata=" + cluster,
                                "--log=" + log,
                                "--options=-p " + port,
                                "--wait",
                                "start");
                serviceFile().withPort(port).write(serviceFile, database);
                return port;
            } catch (PermanentException e) {
                if (attempt == START_ATTEMPTS) {
                    throw new PermanentException("PostgreSQL did not start, see " + log + ": " + e.getMessage(), e);
                }
                sleep(200 * attempt); // the port was taken, or processes of a killed server are still ending
            }
            OptionalInt other = runningPort(); // started by a process that was killed meanwhile
            if (other.isPresent()) {
                serviceFile().withPort(other.getAsInt()).write(serviceFile, database);
                return other.getAsInt();
            }
        }
    }

    /** Prefers the previous port, which is convenient for manual connections. */
    private static int freePort(int preferred) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(loopback(preferred));
            return socket.getLocalPort();
        } catch (IOException e) {
            if (preferred == 0) {
                throw e;
            }
            return freePort(0);
        }
    }

    /** Returns the port of the running server, if any. Waits while the server is starting or stopping. */
    OptionalInt runningPort() {
        for (int waited = 0; waited < TIMEOUT_MILLIS; waited += 50) {
            List<String> pid = readPid();
            if (!isServer(pid)) {
                return OptionalInt.empty();
            }
            if (pid.size() >= 8 && pid.get(7).strip().equals("ready")) {
                int port = Integer.parseInt(pid.get(3).strip());
                return accepts(port) ? OptionalInt.of(port) : OptionalInt.empty();
            }
            sleep(50);
        }
        throw new TransientException(
                "PostgreSQL in " + directory + " has not finished starting or stopping, see postgresql.log there");
    }

    private List<String> readPid() {
        try {
            return Files.readAllLines(cluster.resolve("postmaster.pid"));
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns whether the process of a pid file is alive and a PostgreSQL server on this directory. */
    private boolean isServer(List<String> pid) {
        return pid.size() >= 2
                && pid.get(1).equals(cluster.toString())
                && process(pid)
                        .filter(process -> !isZombie(process))
                        .map(process -> process.info()
                                .command()
                                .map(c -> c.contains("postgres"))
                                .orElse(true))
                        .orElse(false);
    }

    private static Optional<ProcessHandle> process(List<String> pid) {
        return ProcessHandle.of(Long.parseLong(pid.get(0).strip())).filter(ProcessHandle::isAlive);
    }

    /** Returns whether the process is dead but not reaped, as in containers without an init process. */
    private static boolean isZombie(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", String.valueOf(process.pid()), "stat"))
                    .contains(") Z ");
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Deletes a pid file whose number now belongs to another process, which PostgreSQL would trust; likely in a container. The
     * pid file of a dead server is left to PostgreSQL.
     */
    private void removeForeignPid() throws IOException {
        List<String> pid = readPid();
        if (!pid.isEmpty() && process(pid).isPresent() && !isServer(pid)) {
            Files.delete(cluster.resolve("postmaster.pid"));
        }
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(loopback(port), 2000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static InetSocketAddress loopback(int port) throws IOException {
        return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
    }

    /** Stops the server and its connections, whichever process started it. */
    void stop() {
        if (isServer(readPid())) {
            programs()
                    .run(
                            directory.resolve("pg_ctl.log"),
                            "pg_ctl",
                            "--pgdata=" + cluster,
                            "--mode=fast",
                            "--wait",
                            "stop");
        }
    }

    private PostgresPrograms programs() {
        if (programs == null) {
            programs = PostgresPrograms.in(binaries);
        }
        return programs;
    }

    private static void sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransientException("Interrupted while waiting for PostgreSQL", e);
        }
    }
}
