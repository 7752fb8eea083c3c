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
 * A directory that several processes use at the same time. Each holds a shared file lock, which the operating system
 * releases when the process ends; a process that gets the lock exclusively is the only one. Joining and leaving are
 * serialized.
 *
 * <p>One instance per directory: closing a second channel of a file would drop this process's locks on it.
 */
final class SharedDirectory {

    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(60);
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

    /** Returns the directory; creates it if necessary. */
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

    /** Joins, unless this process has joined already, and runs the action while no other process joins or leaves. */
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
     * Leaves the directory.
     *
     * @param last runs if no other process uses it
     * @return whether no other process uses it
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
        long end = System.nanoTime() + LOCK_TIMEOUT.toNanos();
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
                + LOCK_TIMEOUT.toSeconds() + " s: end that process");
    }
}
