package dev.caravan.local;

import dev.caravan.run.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts and stops the local services of this process: they start on first use, and stop together when the process ends. */
public final class LocalServices {

    private static final Logger LOG = LoggerFactory.getLogger(LocalServices.class);

    /** The unpacked PostgreSQL binaries: slow to create, and they never change. */
    static final String BINARIES = "postgres-bin";

    private static final Deque<Runnable> STARTED = new ArrayDeque<>();
    private static final Deque<Runnable> USERS = new ArrayDeque<>();
    private static final Deque<Runnable> LAST = new ArrayDeque<>();
    private static boolean hooked;

    private LocalServices() {}

    /**
     * Checks that the local services can be started when something uses them.
     *
     * @throws UsageException if their libraries are not installed, as in a production image
     */
    public static void require() {
        if (LocalServices.class.getResource("/org/gaul/s3proxy/S3Proxy.class") == null) {
            throw new UsageException("The local profile needs the libraries of lib/local, which are not installed here:"
                    + " choose another profile with --profile NAME or CARAVAN_PROFILE.");
        }
    }

    /** Marks a data directory as in use by this process, so that no other process resets it. */
    public static void join(Path dataDirectory) {
        SharedDirectory directory = SharedDirectory.at(dataDirectory);
        directory.join(() -> {
            onStop(() -> directory.leave(() -> {}));
            return null;
        });
    }

    /**
     * Registers a user of the local services. When the process ends, users are stopped before the services.
     *
     * @param stop stops the user and waits until it has stopped
     */
    public static synchronized void stopAfter(Runnable stop) {
        USERS.add(stop);
        hook();
    }

    /** Registers an action to run when the services stop. */
    static synchronized void onStop(Runnable stop) {
        STARTED.push(stop);
        hook();
    }

    /** Registers an action to run when the process ends, after all services have stopped. */
    static synchronized void onExit(Runnable stop) {
        LAST.add(stop);
        hook();
    }

    private static void hook() {
        if (!hooked) {
            hooked = true;
            Runtime.getRuntime().addShutdownHook(new Thread(LocalServices::stopOnExit, "local-environment-stop"));
        }
    }

    private static void stopOnExit() {
        List<Runnable> users;
        List<Runnable> last;
        synchronized (LocalServices.class) {
            users = List.copyOf(USERS);
            last = List.copyOf(LAST);
        }
        users.forEach(Runnable::run);
        stop();
        last.forEach(Runnable::run);
    }

    /** Stops the services of this process, the last started first, except servers that other processes use. Idempotent. */
    public static void stop() {
        Runnable next;
        while ((next = poll()) != null) {
            try {
                next.run();
            } catch (RuntimeException e) {
                LOG.warn("A local service could not be stopped: {}", e.getMessage(), e);
            }
        }
    }

    private static synchronized Runnable poll() {
        return STARTED.poll();
    }

    /**
     * Stops the local services and deletes the contents of the data directory, except the PostgreSQL binaries.
     *
     * @throws UsageException if another process uses the directory
     */
    public static void reset(Path dataDirectory) {
        stop();
        SharedDirectory data = SharedDirectory.at(dataDirectory);
        LocalPostgres postgres = LocalPostgres.at(data.path().resolve("postgres"));
        boolean alone = data.leave(() -> {
            if (!postgres.close()) {
                throw inUse(dataDirectory);
            }
            clear(data.path());
        });
        if (!alone) {
            throw inUse(dataDirectory);
        }
    }

    private static UsageException inUse(Path dataDirectory) {
        return new UsageException(dataDirectory + " is in use by another process: stop it"
                + " (caravan serve, or a run) before deleting its data");
    }

    private static void clear(Path dataDirectory) {
        try {
            Files.walkFileTree(dataDirectory, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    return directory.equals(dataDirectory.resolve(BINARIES))
                            ? FileVisitResult.SKIP_SUBTREE
                            : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    if (!isLock(file)) {
                        Files.delete(file);
                    }
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, IOException e) throws IOException {
                    if (isEmpty(directory)) {
                        Files.delete(directory);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("Data in " + dataDirectory + " cannot be deleted: " + e.getMessage(), e);
        }
    }

    /** Processes that wait for a lock file must find the same file again. */
    private static boolean isLock(Path file) {
        return file.endsWith(".lock") || file.endsWith(".users");
    }

    private static boolean isEmpty(Path directory) throws IOException {
        try (var entries = Files.newDirectoryStream(directory)) {
            return !entries.iterator().hasNext();
        }
    }

    /**
     * Deletes a directory and its contents, if it exists.
     *
     * @throws IOException if a file cannot be deleted, or another process still writes to the directory
     */
    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
