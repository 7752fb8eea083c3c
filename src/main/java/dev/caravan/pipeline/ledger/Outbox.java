package dev.caravan.pipeline.ledger;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.StatementContext;

/**
 * Messages until they have been delivered. They are written in the transaction of what they tell; of all processes, one at
 * a time attempts to deliver each.
 */
public final class Outbox {

    private static final String INSERT =
            "INSERT INTO outbox (id, receiver, pipeline, run, incident, state, error, body, created, due)"
                    + " VALUES (:id, :receiver, :pipeline, :run, :incident, :state, :error, :body, <now>, <now>)";

    /** Ends the claim of a message: those about an incident reach a receiver in their order. */
    private static final String FIRST = " AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.incident = outbox.incident"
            + " AND p.receiver = outbox.receiver AND (p.created, p.id) < (outbox.created, outbox.id))";

    /** So do those about a run. */
    private static final String IN_TURN = " AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.run = outbox.run"
            + " AND p.incident IS NULL AND outbox.incident IS NULL AND p.receiver = outbox.receiver"
            + " AND (p.created, p.id) < (outbox.created, outbox.id))";

    /** The messages of a pipeline to a receiver that are returned at once: none keeps the others waiting. */
    private static final int EACH = 10;

    /** The owner of an attempt is known by its number. */
    private static final String OWN = " WHERE id = :id AND attempts = :attempts";

    private final Jdbi jdbi;
    private final Writes writes;

    Outbox(Jdbi jdbi, Writes writes) {
        this.jdbi = jdbi;
        this.writes = writes;
    }

    /** Adds a message about the beginning or the end of a run for each of its receivers. */
    static void add(Handle h, RunRecord run, Collection<String> receivers) {
        for (String receiver : receivers) {
            add(h, receiver, run.pipeline(), run.id(), null, run.state().toString(), run.error(), RunJson.write(run));
        }
    }

    /** Adds a message about an incident. */
    static void add(Handle h, Incident incident, String receiver, String state, String body) {
        add(h, receiver, incident.pipeline(), incident.run(), incident.id(), state, incident.message(), body);
    }

    private static void add(
            Handle h,
            String receiver,
            String pipeline,
            String run,
            String incident,
            String state,
            String error,
            String body) {
        h.createUpdate(INSERT)
                .bind("id", Ids.next(Instant.now().toEpochMilli()))
                .bind("receiver", receiver)
                .bind("pipeline", pipeline)
                .bind("run", run)
                .bind("incident", incident)
                .bind("state", state)
                .bind("error", error)
                .bind("body", body)
                .execute();
    }

    /**
     * Returns messages that are due: the oldest ones of each pipeline to each receiver, so that one that cannot be reached
     * keeps no other from its messages.
     */
    public List<Delivery> due(int limit) {
        return jdbi.withHandle(h -> h.createQuery(
                        "SELECT o.* FROM (SELECT id, ROW_NUMBER() OVER"
                                + " (PARTITION BY receiver, pipeline ORDER BY created, id) AS turn"
                                + " FROM outbox WHERE due <= <now>" + IN_TURN
                                + ") AS q JOIN outbox o ON o.id = q.id WHERE q.turn <= :each ORDER BY q.turn, o.due LIMIT :limit")
                .bind("each", EACH)
                .bind("limit", limit)
                .map(Outbox::delivery)
                .list());
    }

    /** Counts the messages that have not been delivered. */
    public int count() {
        return jdbi.withHandle(h -> h.createQuery("SELECT COUNT(*) FROM outbox")
                .mapTo(Integer.class)
                .one());
    }

    /** Returns the messages about a run that nobody has attempted to deliver, in their order. */
    public List<Delivery> fresh(String run) {
        return jdbi.withHandle(
                h -> h.createQuery("SELECT * FROM outbox WHERE run = ? AND incident IS NULL AND attempts = 0" + IN_TURN
                                + " ORDER BY id")
                        .bind(0, run)
                        .map(Outbox::delivery)
                        .list());
    }

    /**
     * Begins an attempt to deliver a message.
     *
     * @param duration how long no other process attempts it
     * @return the attempt; empty if another process has begun one, or if an older message about the same is to be
     *     delivered first
     */
    public Optional<Delivery> claim(Delivery delivery, Duration duration) {
        int claimed = writes.call(h -> h.createUpdate(
                        "UPDATE outbox SET due = <now> + :duration, attempts = attempts + 1" + OWN + FIRST + IN_TURN)
                .bind("duration", duration.toMillis())
                .bind("id", delivery.id())
                .bind("attempts", delivery.attempts())
                .execute());
        return claimed == 0
                ? Optional.empty()
                : Optional.of(new Delivery(
                        delivery.id(),
                        delivery.receiver(),
                        delivery.pipeline(),
                        delivery.run(),
                        delivery.state(),
                        delivery.error(),
                        delivery.body(),
                        delivery.created(),
                        delivery.attempts() + 1));
    }

    /** Postpones the next attempt: while this one is in progress, or after it has failed. */
    public void postpone(Delivery attempt, Duration delay) {
        writes.run(h -> h.createUpdate("UPDATE outbox SET due = <now> + :delay" + OWN)
                .bind("delay", delay.toMillis())
                .bind("id", attempt.id())
                .bind("attempts", attempt.attempts())
                .execute());
    }

    /** Removes a message that was delivered, or that nobody wants any more. */
    public void remove(Delivery delivery) {
        writes.run(h -> h.execute("DELETE FROM outbox WHERE id = ?", delivery.id()));
    }

    /** Returns the ends of runs of these pipelines that were not announced, because the process of the run has ended before. */
    public List<RunRecord> unannounced(Collection<String> pipelines, int limit) {
        if (pipelines.isEmpty()) {
            return List.of();
        }
        return jdbi.withHandle(h -> h.createQuery(
                        RunHistory.SELECT
                                + "WHERE r.announce = 1 AND r.interrupted = 0 AND r.pipeline IN (<pipelines>) ORDER BY r.id LIMIT :limit")
                .bindList("pipelines", List.copyOf(pipelines))
                .bind("limit", limit)
                .map(RunHistory::run)
                .list());
    }

    /**
     * Announces the end of a run, if no other process has.
     *
     * @return whether this process was the one
     */
    public boolean announce(RunRecord run, Collection<String> receivers) {
        return writes.call(h -> {
            if (h.execute("UPDATE runs SET announce = 0 WHERE id = ? AND announce = 1 AND interrupted = 0", run.id())
                    == 0) {
                return false;
            }
            RunTotals.add(h, run.id());
            add(h, run, receivers);
            return true;
        });
    }

    private static Delivery delivery(ResultSet rs, StatementContext context) throws SQLException {
        return new Delivery(
                rs.getString("id"),
                rs.getString("receiver"),
                rs.getString("pipeline"),
                rs.getString("run"),
                rs.getString("state"),
                rs.getString("error"),
                rs.getString("body"),
                Instant.ofEpochMilli(rs.getLong("created")),
                rs.getInt("attempts"));
    }
}
