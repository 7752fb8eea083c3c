package dev.caravan.local;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * A directory that several processes use at the same time. Each user holds a shared lock of the operating system, which
 * vanishes with its process however that ends; who gets the same lock exclusively is alone. Joining and leaving happen
 * one at a time.
 *
 * <p>One instance per directory: closing a second channel of a file would drop this process's locks on it.
 */
final class SharedDirectory {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Map<Path, SharedDirectory> INSTANCES = new ConcurrentHashMap<>();

    private final Path path;
    private final FileChannel gate;
    private final FileChannel users;
    private FileLock membership;

    private SharedDirectory(Path path) {
        this.path = path;
        this.gate = open(path.resolve(".lock"));
        this.users = open(path.resolve(".users"));
    }

    /** The directory, created if it is missing. */
    static SharedDirectory at(Path directory) {
        try {
            return INSTANCES.computeIfAbsent(Files.createDirectories(directory).toRealPath(), SharedDirectory::new);
        } catch (IOException e) {
            throw unusable("The directory " + directory.toAbsolutePath(), e);
        }
    }

    private static FileChannel open(Path file) {
        try {
            return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw unusable("The file " + file, e);
        }
    }

    private static PermanentException unusable(String what, IOException e) {
        return new PermanentException(what + " cannot be used: " + e + "; let this user write there", e);
    }

    Path path() {
        return path;
    }

    /** Becomes a user, or stays one, after the action while nobody else joins or leaves. */
    @SuppressWarnings("try") // the lock is held, not used
    synchronized <T> T join(Supplier<T> action) {
        try (FileLock ignored = lock(gate, false)) {
            boolean joins = membership == null;
            if (joins) {
                membership = lock(users, true);
            }
            try {
                return action.get();
            } catch (RuntimeException e) {
                if (joins) {
                    release();
                }
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Stops being a user.
     *
     * @param last what to do if nobody else is one
     * @return whether nobody else is one
     */
    @SuppressWarnings("try") // the lock is held, not used
    synchronized boolean leave(Runnable last) {
        try (FileLock ignored = lock(gate, false)) {
            release();
            try (FileLock alone = users.tryLock()) {
                if (alone != null) {
                    last.run();
                }
                return alone != null;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void release() throws IOException {
        if (membership != null) {
            membership.release();
            membership = null;
        }
    }

    private FileLock lock(FileChannel file, boolean shared) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            FileLock lock = file.tryLock(0, Long.MAX_VALUE, shared);
            if (lock != null) {
                return lock;
            }
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new TransientException("Interrupted while waiting for " + path, e);
            }
        }
        throw new TransientException("Another process has been starting or stopping the server in " + path + " for "
                + PATIENCE.toSeconds() + " s: end that process");
    }
}
