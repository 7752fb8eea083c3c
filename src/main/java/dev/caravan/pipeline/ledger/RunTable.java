package dev.caravan.pipeline.ledger;

import dev.caravan.run.RunEndedException;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * The life of a run. Every word about a run needs its present {@link Lease}; without, a {@link RunEndedException} is
 * thrown and nothing is written.
 */
public final class RunTable {

    static final String LIVE = "('scheduled', 'running', 'retrying')";

    private static final String HELD = " WHERE id = :run AND token = :token AND state IN " + LIVE;

    private final Jdbi jdbi;
    private final NodeRegistry nodes;
    private final Reaper reaper;

    RunTable(Jdbi jdbi, NodeRegistry nodes, Reaper reaper) {
        this.jdbi = jdbi;
        this.nodes = nodes;
        this.reaper = reaper;
    }

    /**
     * Writes down a run that waits for its turn.
     *
     * @param slot the instant of the cron, or null
     * @param lease how long the lease holds if it is not renewed
     * @return empty if the slot has its run already
     */
    public Optional<Lease> create(
            String pipeline, Instant slot, Trigger trigger, Map<String, String> parameters, Duration lease) {
        String node = nodes.self();
        return jdbi.inTransaction(h -> {
            long now = h.createQuery("SELECT <now>").mapTo(Long.class).one();
            Lease held = new Lease(Ids.next(now), token(), 0);
            int created = h.createUpdate(
                            "INSERT INTO runs (id, pipeline, slot, trigger, parameters, state, node, token,"
                                    + " lease_until, created) VALUES (:run, :pipeline, :slot, :trigger, :parameters, 'scheduled',"
                                    + " :node, :token, :now + :lease, :now) ON CONFLICT (pipeline, slot) DO NOTHING")
                    .bind("run", held.run())
                    .bind("pipeline", pipeline)
                    .bind("slot", slot == null ? null : (Long) slot.toEpochMilli())
                    .bind("trigger", trigger.toString())
                    .bind("parameters", ParameterJson.write(parameters))
                    .bind("node", node)
                    .bind("token", held.token())
                    .bind("now", now)
                    .bind("lease", lease.toMillis())
                    .execute();
            return created == 0 ? Optional.empty() : Optional.of(held);
        });
    }

    /**
     * Lets a run that has failed, crashed or been cancelled wait for its turn again.
     *
     * @throws UsageException if it has not, or does not exist
     */
    public Lease reopen(String run, Duration lease) {
        String node = nodes.self();
        Lease held = new Lease(run, token(), 0);
        reaper.reap();
        int reopened = jdbi.withHandle(h -> h.createUpdate("UPDATE runs SET state = 'scheduled', trigger = 'retry',"
                        + " node = :node, token = :token, lease_until = <now> + :lease, cancel_requested = NULL,"
                        + " started = NULL, finished = NULL, error = NULL"
                        + " WHERE id = :run AND state IN ('failed', 'crashed', 'cancelled')")
                .bind("run", run)
                .bind("node", node)
                .bind("token", held.token())
                .bind("lease", lease.toMillis())
                .execute());
        if (reopened == 0) {
            throw new UsageException("Run " + run + " cannot be retried: "
                    + state(run).map(state -> "it is " + state).orElse("there is no such run"));
        }
        return held;
    }

    /** Takes back that a run was reopened: it is what it was. */
    public void restore(Lease lease, RunRecord ended) {
        jdbi.useHandle(h -> h.createUpdate("UPDATE runs SET state = :state, trigger = :trigger, error = :error,"
                        + " started = :started, finished = :finished, token = NULL, lease_until = NULL" + HELD)
                .bind("run", lease.run())
                .bind("token", lease.token())
                .bind("state", ended.state().toString())
                .bind("trigger", ended.trigger().toString())
                .bind("error", ended.error())
                .bind("started", millis(ended.started()))
                .bind("finished", millis(ended.finished()))
                .execute());
    }

    /**
     * Gives a waiting run its turn, unless as many runs of its pipeline as may are under way, or an older one waits.
     *
     * @return whether it may begin
     */
    public boolean admit(Lease lease, String pipeline, int limit) {
        reaper.reap();
        // a look costs those who wait no lock
        if (jdbi.withHandle(h -> before(h, lease, pipeline)) >= limit) {
            return false;
        }
        return jdbi.inTransaction(h -> {
            // makes everybody who wants to run this pipeline queue here
            h.createQuery("SELECT name FROM pipelines WHERE name = ? <forUpdate>")
                    .bind(0, pipeline)
                    .mapTo(String.class)
                    .findOne();
            boolean admitted = before(h, lease, pipeline) < limit;
            if (admitted) {
                held(h, lease, "UPDATE runs SET state = 'running'", Map.of());
            }
            return admitted;
        });
    }

    /** How many runs of its pipeline come before a run. */
    private static int before(Handle h, Lease lease, String pipeline) {
        return h.createQuery("SELECT COUNT(*) FROM runs WHERE pipeline = :pipeline AND id <> :run AND state IN " + LIVE
                        + " AND (state <> 'scheduled' OR id < :run)")
                .bind("run", lease.run())
                .bind("pipeline", pipeline)
                .mapTo(Integer.class)
                .one();
    }

    /** Whether a run is for a slot, and the run for an earlier slot waits as well. */
    public boolean earlierSlotWaits(Lease lease, String pipeline) {
        return jdbi.withHandle(h -> h.createQuery("SELECT COUNT(*) FROM runs r JOIN runs me ON me.id = :run"
                                + " WHERE r.pipeline = :pipeline AND r.state = 'scheduled' AND r.id < me.id"
                                + " AND r.trigger = 'schedule' AND me.trigger = 'schedule'")
                        .bind("run", lease.run())
                        .bind("pipeline", pipeline)
                        .mapTo(Integer.class)
                        .one()
                > 0);
    }

    /**
     * Writes down that the next attempt begins.
     *
     * @return the lease of that attempt; the one before is void
     */
    public Lease begin(Lease lease, Duration length) {
        return jdbi.inTransaction(h -> {
            String token = token();
            held(
                    h,
                    lease,
                    "UPDATE runs SET state = 'running', token = :next, attempts = attempts + 1,"
                            + " started = COALESCE(started, <now>), lease_until = <now> + :lease",
                    Map.of("next", token, "lease", length.toMillis()));
            int attempt = h.createQuery("SELECT attempts FROM runs WHERE id = ?")
                    .bind(0, lease.run())
                    .mapTo(Integer.class)
                    .one();
            h.execute(
                    "INSERT INTO attempts (run, attempt, state, started) VALUES (?, ?, 'running', <now>)",
                    lease.run(),
                    attempt);
            return new Lease(lease.run(), token, attempt);
        });
    }

    /** Writes down how far an attempt has come. */
    public void report(Lease lease, AttemptRecord attempt) {
        jdbi.useTransaction(h -> {
            held(h, lease, "UPDATE runs SET attempts = attempts", Map.of());
            write(h, lease.run(), attempt);
        });
    }

    /** Writes down that an attempt has failed and another one follows. */
    public void retrying(Lease lease, AttemptRecord attempt) {
        jdbi.useTransaction(h -> {
            held(h, lease, "UPDATE runs SET state = 'retrying', error = :error", Map.of("error", attempt.error()));
            write(h, lease.run(), attempt);
        });
    }

    /**
     * Writes down the end of a run.
     *
     * @param error why it did not complete, or null
     * @param attempt its last attempt, or null if there was none
     */
    public void finish(Lease lease, RunState state, String error, AttemptRecord attempt) {
        jdbi.useTransaction(h -> {
            if (h.createUpdate("UPDATE runs SET state = :state, error = :error, token = NULL, lease_until = NULL,"
                                    + " finished = <now>" + HELD)
                            .bind("run", lease.run())
                            .bind("token", lease.token())
                            .bind("state", state.toString())
                            .bind("error", error)
                            .execute()
                    == 0) {
                throw ended(lease.run());
            }
            if (attempt != null) {
                write(h, lease.run(), attempt);
            }
        });
    }

    /** Renews a lease, unless the run is to be cancelled. */
    public Lease.Standing renew(Lease lease, Duration length) {
        boolean renewed = jdbi.withHandle(h ->
                h.createUpdate("UPDATE runs SET lease_until = <now> + :lease" + HELD + " AND cancel_requested IS NULL")
                                .bind("run", lease.run())
                                .bind("token", lease.token())
                                .bind("lease", length.toMillis())
                                .execute()
                        == 1);
        return renewed ? Lease.Standing.HELD : standing(lease);
    }

    private Lease.Standing standing(Lease lease) {
        return jdbi.withHandle(h -> h.createQuery("SELECT cancel_requested IS NOT NULL FROM runs" + HELD)
                .bind("run", lease.run())
                .bind("token", lease.token())
                .mapTo(Boolean.class)
                .findOne()
                .map(cancelled -> cancelled ? Lease.Standing.CANCELLED : Lease.Standing.HELD)
                .orElse(Lease.Standing.LOST));
    }

    /**
     * Asks whoever runs it to end a run.
     *
     * @throws UsageException if it is not under way
     */
    public void cancel(String run) {
        reaper.reap();
        int asked = jdbi.withHandle(
                h -> h.createUpdate("UPDATE runs SET cancel_requested = COALESCE(cancel_requested, <now>)"
                                + " WHERE id = :run AND state IN " + LIVE)
                        .bind("run", run)
                        .execute());
        if (asked == 0) {
            throw new UsageException("Run " + run + " cannot be cancelled: "
                    + state(run).map(state -> "it is " + state).orElse("there is no such run"));
        }
    }

    /** Asks whoever runs them to end all runs of a pipeline that are older than this one. */
    public void cancelOlder(Lease lease, String pipeline) {
        jdbi.useHandle(h -> h.createUpdate("UPDATE runs SET cancel_requested = <now> WHERE pipeline = :pipeline"
                        + " AND id < :run AND cancel_requested IS NULL AND state IN " + LIVE)
                .bind("pipeline", pipeline)
                .bind("run", lease.run())
                .execute());
    }

    /** The runs under way that somebody wants to end. */
    public Set<String> cancelRequests() {
        return jdbi.withHandle(
                h -> h.createQuery("SELECT id FROM runs WHERE cancel_requested IS NOT NULL AND state IN " + LIVE)
                        .mapTo(String.class)
                        .set());
    }

    /** Why a run may not go on. */
    public RunEndedException ended(String run) {
        return new RunEndedException("Run " + run + " may not go on: "
                + state(run)
                        .map(state -> state.live() ? "another attempt of it has begun" : "it is " + state)
                        .orElse("the ledger does not know it any more"));
    }

    void prune(Duration retention) {
        jdbi.useHandle(h -> h.execute("DELETE FROM runs WHERE finished <= <now> - ?", retention.toMillis()));
    }

    private Optional<RunState> state(String run) {
        return jdbi.withHandle(h -> h.createQuery("SELECT state FROM runs WHERE id = ?")
                .bind(0, run)
                .mapTo(String.class)
                .findOne()
                .map(RunState::of));
    }

    private void held(Handle h, Lease lease, String update, Map<String, ?> values) {
        int changed = h.createUpdate(update + HELD)
                .bind("run", lease.run())
                .bind("token", lease.token())
                .bindMap(values)
                .execute();
        if (changed == 0) {
            throw ended(lease.run());
        }
    }

    private static void write(Handle h, String run, AttemptRecord attempt) {
        h.createUpdate("UPDATE attempts SET state = :state, rows = :rows, bytes = :bytes, error = :error,"
                        + " finished = CASE WHEN :finished < started THEN started ELSE :finished END"
                        + " WHERE run = :run AND attempt = :attempt")
                .bind("run", run)
                .bind("attempt", attempt.attempt())
                .bind("state", attempt.state().toString())
                .bind("rows", attempt.rows())
                .bind("bytes", attempt.bytes())
                .bind("error", attempt.error())
                .bind("finished", millis(attempt.finished()))
                .execute();
        if (attempt.steps().isEmpty()) {
            return;
        }
        PreparedBatch batch = h.prepareBatch("INSERT INTO steps (run, attempt, id, state, rows, bytes, error, started,"
                + " finished) VALUES (:run, :attempt, :id, :state, :rows, :bytes, :error, :started, :finished)"
                + " ON CONFLICT (run, attempt, id) DO UPDATE SET state = excluded.state, rows = excluded.rows,"
                + " bytes = excluded.bytes, error = excluded.error, finished = excluded.finished");
        for (StepRecord step : attempt.steps()) {
            batch.bind("run", run)
                    .bind("attempt", attempt.attempt())
                    .bind("id", step.id())
                    .bind("state", step.state().toString())
                    .bind("rows", step.rows())
                    .bind("bytes", step.bytes())
                    .bind("error", step.error())
                    .bind("started", millis(step.started()))
                    .bind("finished", millis(step.finished()))
                    .add();
        }
        batch.execute();
    }

    private static Long millis(Instant time) {
        return time == null ? null : (Long) time.toEpochMilli();
    }

    private static String token() {
        return UUID.randomUUID().toString();
    }
}
