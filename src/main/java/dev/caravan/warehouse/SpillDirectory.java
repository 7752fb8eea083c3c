package dev.caravan.warehouse;

import dev.caravan.run.PrivateFiles;
import dev.caravan.run.ProcessLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory for what a load cannot hold in memory, with a {@link ProcessLock} beside it. The directories of ended
 * processes are deleted when the next one is created.
 */
public final class SpillDirectory implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SpillDirectory.class);
    private static final String LOCK = ".lock";
    /** Between the creation of a file and its lock. */
    private static final Duration GRACE = Duration.ofMinutes(1);

    private final Path path;
    private final ProcessLock lock;

    private SpillDirectory(Path path, ProcessLock lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Makes a new one in the directory {@code .staging} of the warehouse. */
    public static SpillDirectory create(Path warehouse) throws IOException {
        Path staging = PrivateFiles.createDirectories(
                PrivateFiles.createDirectories(warehouse).resolve(".staging"));
        sweep(staging);
        String name = UUID.randomUUID().toString();
        ProcessLock lock = ProcessLock.create(staging.resolve(name + LOCK));
        return new SpillDirectory(Files.createDirectory(staging.resolve(name)), lock);
    }

    private static void sweep(Path staging) throws IOException {
        List<Path> lockFiles;
        try (Stream<Path> files = Files.list(staging)) {
            lockFiles = files.filter(file -> file.toString().endsWith(LOCK)).toList();
        }
        for (Path lockFile : lockFiles) {
            try {
                if (Files.getLastModifiedTime(lockFile)
                        .toInstant()
                        .isBefore(Instant.now().minus(GRACE))) {
                    ProcessLock.ifAbandoned(lockFile, () -> sweep(lockFile, staging));
                }
            } catch (IOException e) {
                LOG.debug("{} was not deleted", lockFile, e);
            }
        }
    }

    private static void sweep(Path lockFile, Path staging) throws IOException {
        String name = lockFile.getFileName().toString();
        delete(staging.resolve(name.substring(0, name.length() - LOCK.length())));
        Files.deleteIfExists(lockFile);
        LOG.info("Deleted {}, left by a load whose process has ended", lockFile);
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
        try {
            try {
                delete(path);
            } catch (IOException e) {
                lock.release(); // a later load deletes it
                throw e;
            }
            lock.close();
        } catch (IOException e) {
            LOG.warn("{} could not be removed: {}", path, e.toString());
        }
    }
}
