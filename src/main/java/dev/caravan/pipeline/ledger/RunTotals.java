package dev.caravan.pipeline.ledger;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** Counts the runs that have ended, in whichever process, each in the transaction that says so. */
public final class RunTotals {

    private static final String DURATION = "CASE WHEN r.finished > r.started THEN r.finished - r.started ELSE 0 END";
    /** A run that is retried is not late. */
    private static final String FOR_SLOT = "r.slot IS NOT NULL AND r.started IS NOT NULL AND r.counted IS NULL";

    private static final String ADD = "INSERT INTO totals (pipeline, state, runs, begun, attempts, rows, bytes, millis,"
            + " slots, lateness, last_end) SELECT r.pipeline, r.state, 1, CASE WHEN r.started IS NULL THEN 0 ELSE 1 END,"
            + " COUNT(a.attempt), COALESCE(SUM(a.rows), 0), COALESCE(SUM(a.bytes), 0), " + DURATION
            + ", CASE WHEN " + FOR_SLOT + " THEN 1 ELSE 0 END,"
            + " CASE WHEN " + FOR_SLOT + " AND r.started > r.slot THEN r.started - r.slot ELSE 0 END,"
            + " r.finished FROM runs r LEFT JOIN attempts a ON a.run = r.id AND a.attempt > COALESCE(r.counted, 0)"
            + " WHERE r.id = :run GROUP BY r.id ON CONFLICT (pipeline, state) DO UPDATE SET runs = totals.runs + 1,"
            + " begun = totals.begun + excluded.begun, attempts = totals.attempts + excluded.attempts,"
            + " rows = totals.rows + excluded.rows, bytes = totals.bytes + excluded.bytes,"
            + " millis = totals.millis + excluded.millis, slots = totals.slots + excluded.slots,"
            + " lateness = totals.lateness + excluded.lateness, last_end = CASE WHEN totals.last_end > excluded.last_end"
            + " THEN totals.last_end ELSE excluded.last_end END";

    private final Jdbi jdbi;

    RunTotals(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Counts a run that has ended. */
    static void add(Handle h, String run) {
        h.createUpdate(ADD).bind("run", run).execute();
        h.execute("UPDATE runs SET counted = attempts WHERE id = ?", run);
    }

    /** Returns the totals by pipeline and state. */
    public List<RunTotal> list() {
        return jdbi.withHandle(h -> h.createQuery("SELECT * FROM totals ORDER BY pipeline, state")
                .map((rs, context) -> new RunTotal(
                        rs.getString("pipeline"),
                        RunState.of(rs.getString("state")),
                        rs.getLong("runs"),
                        rs.getLong("begun"),
                        rs.getLong("attempts"),
                        rs.getLong("rows"),
                        rs.getLong("bytes"),
                        Duration.ofMillis(rs.getLong("millis")),
                        rs.getLong("slots"),
                        Duration.ofMillis(rs.getLong("lateness")),
                        Instant.ofEpochMilli(rs.getLong("last_end"))))
                .list());
    }
}
