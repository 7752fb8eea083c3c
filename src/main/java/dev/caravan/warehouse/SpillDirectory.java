package dev.caravan.warehouse;

import dev.caravan.run.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory for the data that a load cannot keep in memory. A locked file beside it tells that its process lives; directories
 * whose process has died are swept when the next one is made.
 */
public final class SpillDirectory implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SpillDirectory.class);
    private static final String LOCK = ".lock";
    /** Between the creation of a file and its lock. */
    private static final Duration GRACE = Duration.ofMinutes(1);

    /** Those of this process: merely closing a second channel to a locked file would give up its lock. */
    private static final Set<Path> LIVING = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final Path lockFile;
    private final FileChannel lock;

    private SpillDirectory(Path path, Path lockFile, FileChannel lock) {
        this.path = path;
        this.lockFile = lockFile;
        this.lock = lock;
    }

    /** Makes a new one in the directory {@code .staging} of the warehouse. */
    public static SpillDirectory create(Path warehouse) throws IOException {
        Path staging = PrivateFiles.createDirectories(
                PrivateFiles.createDirectories(warehouse).resolve(".staging"));
        sweep(staging);
        String name = UUID.randomUUID().toString();
        Path lockFile = staging.resolve(name + LOCK);
        LIVING.add(lockFile);
        FileChannel lock = FileChannel.open(lockFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        lock.lock();
        return new SpillDirectory(Files.createDirectory(staging.resolve(name)), lockFile, lock);
    }

    private static void sweep(Path staging) throws IOException {
        List<Path> lockFiles;
        try (Stream<Path> files = Files.list(staging)) {
            lockFiles = files.filter(file -> file.toString().endsWith(LOCK) && !LIVING.contains(file))
                    .toList();
        }
        for (Path lockFile : lockFiles) {
            try {
                if (Files.getLastModifiedTime(lockFile)
                        .toInstant()
                        .isBefore(Instant.now().minus(GRACE))) {
                    sweepIfDead(lockFile);
                }
            } catch (IOException e) {
                LOG.debug("{} was not swept", lockFile, e);
            }
        }
    }

    private static void sweepIfDead(Path lockFile) throws IOException {
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE)) {
            if (channel.tryLock() != null) {
                String name = lockFile.getFileName().toString();
                delete(lockFile.resolveSibling(name.substring(0, name.length() - LOCK.length())));
                Files.deleteIfExists(lockFile);
                LOG.info("Swept {}, which a load has left whose process has died", lockFile);
            }
        }
    }

    private static void delete(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** The directory itself. */
    public Path path() {
        return path;
    }

    @Override
    public void close() {
        try (lock) {
            delete(path);
            Files.deleteIfExists(lockFile);
        } catch (IOException e) {
            LOG.warn("{} could not be removed: {}", path, e.toString());
        } finally {
            LIVING.remove(lockFile);
        }
    }
}
