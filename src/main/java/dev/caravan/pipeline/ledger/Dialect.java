package dev.caravan.pipeline.ledger;

/** What differs between the two databases. */
enum Dialect {
    SQLITE("CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)", ""),
    POSTGRESQL("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)", "FOR UPDATE");

    /** The database's clock in epoch milliseconds. */
    final String now;

    /** Ends a SELECT that locks its row. SQLite needs none: its transactions take the one write lock when they begin. */
    final String forUpdate;

    Dialect(String now, String forUpdate) {
        this.now = now;
        this.forUpdate = forUpdate;
    }

    static Dialect of(String url) {
        return url.startsWith("jdbc:sqlite:") ? SQLITE : url.startsWith("jdbc:postgresql:") ? POSTGRESQL : null;
    }
}
