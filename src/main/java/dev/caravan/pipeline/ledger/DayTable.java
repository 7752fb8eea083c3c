package dev.caravan.pipeline.ledger;

import dev.caravan.run.Day;
import java.time.LocalDate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;

/** What runs have found out about the days of data that are loaded day by day. */
public final class DayTable {

    /**
     * A day as a run last knew it.
     *
     * @param run its id; it may have been deleted
     */
    public record KnownDay(Day day, String run) {}

    private final Jdbi jdbi;
    private final Writes writes;

    DayTable(Jdbi jdbi, Writes writes) {
        this.jdbi = jdbi;
        this.writes = writes;
    }

    /** Records what a run knows. */
    public void save(String pipeline, String run, Collection<Day> days) {
        if (days.isEmpty()) {
            return;
        }
        writes.run(h -> {
            PreparedBatch batch = h.prepareBatch("INSERT INTO days (dataset, day, state, pipeline, run, reason)"
                    + " VALUES (:dataset, :day, :state, :pipeline, :run, :reason) ON CONFLICT (dataset, day) DO UPDATE"
                    + " SET state = excluded.state, pipeline = excluded.pipeline, run = excluded.run,"
                    + " reason = excluded.reason");
            days.forEach(day -> batch.bind("dataset", day.dataset())
                    .bind("day", day.day().toString())
                    .bind("state", day.state().toString())
                    .bind("pipeline", pipeline)
                    .bind("run", run)
                    .bind("reason", day.reason())
                    .add());
            batch.execute();
        });
    }

    /** Returns the known days of the data that a pipeline loads, from the first to the last one, also those of other pipelines. */
    public List<KnownDay> list(String pipeline, LocalDate first, LocalDate last) {
        return jdbi.withHandle(h -> h.createQuery("SELECT * FROM days WHERE dataset IN (SELECT d.dataset FROM days d"
                        + " WHERE d.pipeline = :pipeline) AND day >= :first AND day <= :last ORDER BY day")
                .bind("pipeline", pipeline)
                .bind("first", first.toString())
                .bind("last", last.toString())
                .map((rs, context) -> new KnownDay(
                        new Day(
                                rs.getString("dataset"),
                                LocalDate.parse(rs.getString("day")),
                                Day.State.valueOf(rs.getString("state").toUpperCase(Locale.ROOT)),
                                rs.getString("reason")),
                        rs.getString("run")))
                .list());
    }
}
