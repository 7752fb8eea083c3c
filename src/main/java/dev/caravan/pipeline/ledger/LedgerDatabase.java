package dev.caravan.pipeline.ledger;

/** The databases that can hold the ledger, and the SQL in which they differ. */
enum LedgerDatabase {
    SQLITE("CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)", ""),
    POSTGRESQL("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)", "FOR UPDATE");

    /** The database's clock in epoch milliseconds. */
    final String now;

    /** Ends a SELECT that locks its row. SQLite needs none: its transactions take the one write lock when they begin. */
    final String forUpdate;

    LedgerDatabase(String now, String forUpdate) {
        this.now = now;
        this.forUpdate = forUpdate;
    }

    static LedgerDatabase of(String url) {
        return url.startsWith("jdbc:sqlite:") ? SQLITE : url.startsWith("jdbc:postgresql:") ? POSTGRESQL : null;
    }
}
