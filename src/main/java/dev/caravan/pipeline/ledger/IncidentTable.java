package dev.caravan.pipeline.ledger;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.StatementContext;

/** The incidents, and the times during which they cause no message. */
public final class IncidentTable {

    /** The name that stands for all pipelines. */
    public static final String ALL = "*";

    private static final int MOST_MUTES = 1_000;
    private static final String SEPARATOR = " ";

    /**
     * A time without messages.
     *
     * @param pipeline its name, or {@link #ALL}
     */
    public record Mute(String pipeline, Instant begins, Instant ends) {}

    private final Jdbi jdbi;
    private final Writes writes;

    IncidentTable(Jdbi jdbi, Writes writes) {
        this.jdbi = jdbi;
        this.writes = writes;
    }

    /** Returns the open incidents, oldest first. */
    public List<Incident> open() {
        return jdbi.withHandle(h -> h.createQuery("SELECT * FROM incidents WHERE closed IS NULL ORDER BY opened, id")
                .map(IncidentTable::incident)
                .list());
    }

    /** Returns the incidents that are open, or were at a time or later, newest first. */
    public List<Incident> since(Instant time, int limit) {
        return jdbi.withHandle(h -> h.createQuery("SELECT * FROM incidents WHERE closed IS NULL OR closed >= :since"
                        + " ORDER BY opened DESC, id DESC LIMIT :limit")
                .bind("since", time.toEpochMilli())
                .bind("limit", limit)
                .map(IncidentTable::incident)
                .list());
    }

    /** Opens an incident, unless the pipeline has one of the same cause: of all processes one opens it. */
    public void open(String pipeline, String cause, String run, String message, String fix) {
        writes.run(h -> h.createUpdate("INSERT INTO incidents (id, pipeline, cause, run, message, fix, opened)"
                        + " VALUES (:id, :pipeline, :cause, :run, :message, :fix, <now>)"
                        + " ON CONFLICT (pipeline, cause) WHERE closed IS NULL DO NOTHING")
                .bind("id", Ids.next(System.currentTimeMillis()))
                .bind("pipeline", pipeline)
                .bind("cause", cause)
                .bind("run", run)
                .bind("message", message)
                .bind("fix", fix)
                .execute());
    }

    /** Replaces what an open incident says: its latest run, for example. */
    public void update(Incident incident, String run, String message, String fix) {
        writes.run(h -> h.createUpdate("UPDATE incidents SET run = :run, message = :message, fix = :fix"
                        + " WHERE id = :id AND closed IS NULL")
                .bind("id", incident.id())
                .bind("run", run)
                .bind("message", message)
                .bind("fix", fix)
                .execute());
    }

    /** Sends a message about an open incident, unless another process has sent one meanwhile. */
    public void tell(Incident incident, String state, String body, Collection<String> receivers) {
        writes.run(h -> {
            int told = h.createUpdate(
                            "UPDATE incidents SET told = <now>, told_to = :receivers WHERE id = :id AND closed IS NULL"
                                    + " AND COALESCE(told, 0) = :before")
                    .bind("id", incident.id())
                    .bind("receivers", String.join(SEPARATOR, receivers))
                    .bind(
                            "before",
                            incident.told() == null ? 0 : incident.told().toEpochMilli())
                    .execute();
            if (told == 1) {
                send(h, incident, state, body, receivers);
            }
        });
    }

    /** Closes an incident, and sends a message if one about it was sent before. */
    public void close(Incident incident, String state, String body, Collection<String> receivers) {
        writes.run(h -> {
            // the time of the first message, if any; another process may have sent it meanwhile
            Optional<Long> told = h.createQuery(
                            "UPDATE incidents SET closed = <now> WHERE id = ? AND closed IS NULL RETURNING told")
                    .bind(0, incident.id())
                    .mapTo(Long.class)
                    .findOne();
            if (told.isPresent()) {
                send(h, incident, state, body, receivers);
            }
        });
    }

    private static void send(Handle h, Incident incident, String state, String body, Collection<String> receivers) {
        receivers.forEach(receiver -> Outbox.add(h, incident, receiver, state, body));
    }

    /**
     * Sends no messages about a pipeline for some time.
     *
     * @param pipeline its name, or {@link #ALL}
     */
    public void mute(String pipeline, Instant begin, Instant end) {
        writes.run(h -> h.execute(
                "INSERT INTO mutes (id, pipeline, begins, ends) VALUES (?, ?, ?, ?)",
                Ids.next(System.currentTimeMillis()),
                pipeline,
                begin.toEpochMilli(),
                end.toEpochMilli()));
    }

    /**
     * Ends what {@link #mute} has begun or planned.
     *
     * @return how many such times have ended
     */
    public int unmute(String pipeline) {
        return writes.call(h -> h.execute("DELETE FROM mutes WHERE pipeline = ? AND ends > <now>", pipeline));
    }

    /** Returns the pipelines that are muted now; with {@link #ALL} all of them are. */
    public Set<String> muted() {
        return jdbi.withHandle(h -> h.createQuery("SELECT pipeline FROM mutes WHERE begins <= <now> AND ends > <now>")
                .mapTo(String.class)
                .set());
    }

    /** Returns the times that {@link #mute} has begun or planned, the earliest first. */
    public List<Mute> mutes() {
        return jdbi.withHandle(
                h -> h.createQuery("SELECT * FROM mutes WHERE ends > <now> ORDER BY begins, id LIMIT " + MOST_MUTES)
                        .map((rs, context) -> new Mute(rs.getString("pipeline"), time(rs, "begins"), time(rs, "ends")))
                        .list());
    }

    void prune(Duration retention) {
        writes.run(h -> {
            h.execute("DELETE FROM incidents WHERE closed <= <now> - ?", retention.toMillis());
            h.execute("DELETE FROM mutes WHERE ends <= <now> - ?", retention.toMillis());
        });
    }

    private static Incident incident(ResultSet rs, StatementContext context) throws SQLException {
        return new Incident(
                rs.getString("id"),
                rs.getString("pipeline"),
                rs.getString("cause"),
                rs.getString("run"),
                rs.getString("message"),
                rs.getString("fix"),
                time(rs, "opened"),
                time(rs, "told"),
                toldTo(rs.getString("told_to")),
                time(rs, "closed"));
    }

    private static List<String> toldTo(String receivers) {
        return receivers == null || receivers.isEmpty() ? null : List.of(receivers.split(SEPARATOR, -1));
    }

    private static Instant time(ResultSet rs, String column) throws SQLException {
        long millis = rs.getLong(column);
        return rs.wasNull() ? null : Instant.ofEpochMilli(millis);
    }
}
