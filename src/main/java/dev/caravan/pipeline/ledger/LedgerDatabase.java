package dev.caravan.pipeline.ledger;

import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatements;

/** The databases that can hold the ledger, and the SQL in which they differ. */
enum LedgerDatabase {
    SQLITE("CAST(ROUND(unixepoch('subsec') * 1000) AS INTEGER)", "", "", "LIKE"),
    POSTGRESQL(
            "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
            "FOR UPDATE",
            "FOR UPDATE OF r SKIP LOCKED",
            "ILIKE");

    /** The database's clock in epoch milliseconds. */
    final String now;

    /** Ends a SELECT that locks its row. SQLite needs none: its transactions take the one write lock when they begin. */
    final String forUpdate;

    /** Compares with a pattern in upper or lower case; SQLite knows only that of ASCII. */
    final String like;

    /** Ends a SELECT of runs r that locks its rows, without those that others have locked. */
    final String skipLocked;

    LedgerDatabase(String now, String forUpdate, String skipLocked, String like) {
        this.now = now;
        this.forUpdate = forUpdate;
        this.skipLocked = skipLocked;
        this.like = like;
    }

    /** Defines these parts for the statements that name them: {@code <now>}. */
    void define(Jdbi jdbi) {
        jdbi.getConfig(SqlStatements.class)
                .define("now", now)
                .define("forUpdate", forUpdate)
                .define("skipLocked", skipLocked)
                .define("like", like);
    }

    static LedgerDatabase of(String url) {
        return url.startsWith("jdbc:sqlite:") ? SQLITE : url.startsWith("jdbc:postgresql:") ? POSTGRESQL : null;
    }
}
