package dev.caravan.pipeline.ledger;

import dev.caravan.run.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The file of an SQLite ledger, readable by its owner only: parameters and logs may be confidential. */
record SqliteFile(Path path) {

    private static final Object MIGRATION = new Object();

    static SqliteFile of(String url) {
        return new SqliteFile(Path.of(url.substring("jdbc:sqlite:".length()).replaceFirst("\\?.*", ""))
                .toAbsolutePath());
    }

    Path directory() {
        return path.getParent();
    }

    /** Whether this user may only look: SQLite writes beside its file too. */
    boolean isReadOnly() {
        return Files.exists(path) && !(Files.isWritable(path) && Files.isWritable(directory()));
    }

    /**
     * How to open it without writing. SQLite reads a ledger that others use by the files beside it; where nobody uses it,
     * there are none, and this user may not make them.
     */
    String readOnlyUrl(String url) {
        return Files.exists(path.resolveSibling(path.getFileName() + "-wal"))
                ? url
                : "jdbc:sqlite:" + path.toUri() + "?immutable=1";
    }

    void create() throws IOException {
        if (!Files.exists(path)) {
            Files.createDirectories(directory());
            try {
                PrivateFiles.createFile(path);
            } catch (FileAlreadyExistsException e) {
                // another process was faster
            }
        }
    }

    /** Does what only one process may do at a time: SQLite has no lock that would outlast a transaction. */
    void exclusively(Runnable work) throws IOException {
        Path lock = path.resolveSibling(path.getFileName() + ".lock");
        synchronized (MIGRATION) {
            try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock held = channel.lock()) {
                assert held.isValid();
                work.run();
            }
        }
    }
}
