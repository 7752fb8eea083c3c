package dev.caravan.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A locked file that shows that its process is alive: the operating system releases the lock when the process ends, in
 * whatever way.
 */
public final class ProcessLock implements AutoCloseable {

    /** The files that this process has locked: to open and close one again would release its lock. */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private static final Object EXCLUSIVE = new Object();

    private final Path file;
    private final FileChannel channel;

    private ProcessLock(Path file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    /** Work with files. */
    public interface Work {
        void run() throws IOException;
    }

    /** Creates a file and locks it. */
    public static ProcessLock create(Path file) throws IOException {
        HELD.add(key(file));
        try {
            FileChannel channel = FileChannel.open(PrivateFiles.createFile(file), StandardOpenOption.WRITE);
            channel.lock();
            return new ProcessLock(file, channel);
        } catch (IOException e) {
            HELD.remove(key(file));
            throw e;
        }
    }

    private static Path key(Path file) {
        return file.toAbsolutePath().normalize();
    }

    /** Whether the process that locked a file has ended for certain. */
    public static boolean isAbandoned(Path file) {
        try {
            return ifAbandoned(file, () -> {});
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Does work while holding the lock of a file whose process has ended.
     *
     * @return whether it has ended
     * @throws IOException if the file cannot be opened, or the work fails
     */
    public static boolean ifAbandoned(Path file, Work work) throws IOException {
        if (HELD.contains(key(file))) {
            return false;
        }
        synchronized (HELD) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                    FileLock lock = channel.tryLock()) {
                if (lock != null) {
                    work.run();
                }
                return lock != null;
            }
        }
    }

    /** Does work that one process at a time can do; the others wait. */
    public static void exclusively(Path file, Runnable work) throws IOException {
        synchronized (EXCLUSIVE) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                assert lock.isValid();
                work.run();
            }
        }
    }

    /** Releases the lock and keeps the file, which is abandoned then. */
    public void release() throws IOException {
        try {
            channel.close();
        } finally {
            HELD.remove(key(file));
        }
    }

    /** Deletes the file and releases the lock. */
    @Override
    public void close() throws IOException {
        try {
            Files.deleteIfExists(file);
        } finally {
            release();
        }
    }
}
