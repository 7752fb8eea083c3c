package dev.caravan.pipeline.ledger;

import dev.caravan.run.PrivateFiles;
import dev.caravan.run.ProcessLock;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file of an SQLite ledger, readable by its owner only: parameters and logs may be confidential. */
record SqliteFile(Path path) {

    static SqliteFile of(String url) {
        return new SqliteFile(Path.of(url.substring("jdbc:sqlite:".length()).replaceFirst("\\?.*", ""))
                .toAbsolutePath());
    }

    Path directory() {
        return path.getParent();
    }

    /** Whether this user can only read it: SQLite also writes files beside it. */
    boolean isReadOnly() {
        return Files.exists(path) && !(Files.isWritable(path) && Files.isWritable(directory()));
    }

    /**
     * The URL for reading only. While others use the ledger, SQLite needs the files beside it; if nobody does, they are
     * missing, and this user cannot create them.
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

    /** Does work that one process at a time can do: SQLite has no lock that outlasts a transaction. */
    void exclusively(Runnable work) throws IOException {
        ProcessLock.exclusively(path.resolveSibling(path.getFileName() + ".lock"), work);
    }
}
