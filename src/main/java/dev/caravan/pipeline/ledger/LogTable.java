package dev.caravan.pipeline.ledger;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;

/** What was logged for the runs. */
public final class LogTable {

    private final Jdbi jdbi;
    private final Writes writes;

    LogTable(Jdbi jdbi, Writes writes) {
        this.jdbi = jdbi;
        this.writes = writes;
    }

    /** Adds lines to the logs of runs, by run. */
    public void append(Map<String, List<LogLine>> lines) {
        writes.run(h -> lines.forEach((run, its) -> append(h, run, its)));
    }

    static void append(Handle h, String run, List<LogLine> lines) {
        if (lines.isEmpty()) {
            return;
        }
        PreparedBatch batch = h.prepareBatch("INSERT INTO log_lines (run, seq, time, level, logger, message)"
                + " VALUES (:run, :seq, :time, :level, :logger, :message)"
                // a process that has lost the run without knowing it may have used the number: no reason to fail
                + " ON CONFLICT (run, seq) DO NOTHING");
        for (LogLine line : lines) {
            batch.bind("run", run)
                    .bind("seq", line.seq())
                    .bind("time", line.time().toEpochMilli())
                    .bind("level", line.level())
                    .bind("logger", line.logger())
                    .bind("message", line.message())
                    .add();
        }
        batch.execute();
    }

    /** The number of the last line of a run, 0 if it has none. */
    public long last(String run) {
        return jdbi.withHandle(h -> h.createQuery("SELECT COALESCE(MAX(seq), 0) FROM log_lines WHERE run = ?")
                .bind(0, run)
                .mapTo(Long.class)
                .one());
    }

    /**
     * A run's log in its order.
     *
     * @param after the number of the last line that is known already, 0 for all
     * @param limit how many lines at most
     */
    public List<LogLine> list(String run, long after, int limit) {
        return jdbi.withHandle(h -> h.createQuery("SELECT seq, time, level, logger, message FROM log_lines"
                        + " WHERE run = :run AND seq > :after ORDER BY seq LIMIT :limit")
                .bind("run", run)
                .bind("after", after)
                .bind("limit", limit)
                .map((rs, context) -> line(rs))
                .list());
    }

    static LogLine line(ResultSet rs) throws SQLException {
        return new LogLine(
                rs.getLong("seq"),
                Instant.ofEpochMilli(rs.getLong("time")),
                rs.getString("level"),
                rs.getString("logger"),
                rs.getString("message"));
    }

    void prune(Duration retention) {
        writes.run(h -> {
            long end = h.createQuery("SELECT <now> - :retention")
                    .bind("retention", retention.toMillis())
                    .mapTo(Long.class)
                    .one();
            // of the runs that were made before, only the lines that are left are looked at
            h.createUpdate("DELETE FROM log_lines WHERE run <= :made AND run IN"
                            + " (SELECT id FROM runs WHERE id = log_lines.run AND finished <= :end)")
                    .bind("made", Ids.last(end))
                    .bind("end", end)
                    .execute();
        });
    }
}
