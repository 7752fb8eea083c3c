package dev.caravan.warehouse.duckdb;

import java.nio.file.Path;
import java.util.UUID;

/** A directory of its own for what a session cannot hold in memory. DuckDB creates it when it is needed. */
final class SpillDirectory implements AutoCloseable {

    private final Path path;

    SpillDirectory(Path directory) {
        this.path = directory.resolve(".staging").resolve(UUID.randomUUID().toString());
    }

    Path path() {
        return path;
    }

    @Override
    public void close() {}
}
