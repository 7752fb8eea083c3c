package dev.caravan.pipeline.ledger;

import dev.caravan.run.RunEndedException;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * The life of a run. Every word about a run needs its present {@link Lease}; without, a {@link RunEndedException} is
 * thrown and nothing is written.
 */
public final class RunTable {

    static final String LIVE = "('scheduled', 'running', 'retrying')";

    /**
     * Only a slot is owed a run: who has started one by hand sees that it ended, and decides. One that somebody wanted to
     * end has ended.
     */
    static final String INTERRUPTED =
            "interrupted = CASE WHEN slot IS NULL OR cancel_requested IS NOT NULL THEN 0 ELSE 1 END";

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
                        + " started = NULL, finished = NULL, error = NULL, interrupted = 0"
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

    /**
     * Takes an interrupted run up: of all processes that try, one succeeds. It waits for its turn again.
     *
     * @param limit how many runs of its pipeline may be under way
     * @return empty if another process was faster, or the pipeline has as many runs under way as may be
     */
    public Optional<Lease> takeOver(RunRecord interrupted, int limit, Duration lease) {
        String node = nodes.self();
        Lease held = new Lease(interrupted.id(), token(), interrupted.attempts());
        return jdbi.inTransaction(h -> {
            lock(h, interrupted.pipeline());
            boolean taken = before(h, held, interrupted.pipeline()) < limit
                    && h.createUpdate("UPDATE runs SET state = 'scheduled', node = :node, token = :token,"
                                            + " lease_until = <now> + :lease, cancel_requested = NULL, finished = NULL,"
                                            + " interrupted = 0 WHERE id = :run AND interrupted = 1")
                                    .bind("run", held.run())
                                    .bind("node", node)
                                    .bind("token", held.token())
                                    .bind("lease", lease.toMillis())
                                    .execute()
                            == 1;
            return taken ? Optional.of(held) : Optional.empty();
        });
    }

    /** Leaves an interrupted run as it is for good. */
    public void leave(String run) {
        jdbi.useHandle(h -> h.execute("UPDATE runs SET interrupted = 0 WHERE id = ? AND interrupted = 1", run));
    }

    /**
     * Takes back that a run was reopened or taken up: it is what it was.
     *
     * @param interrupted whether it waits for a process to take it up
     */
    public void restore(Lease lease, RunRecord ended, boolean interrupted) {
        jdbi.useHandle(h -> h.createUpdate("UPDATE runs SET state = :state, trigger = :trigger, error = :error,"
                        + " started = :started, finished = :finished, token = NULL, lease_until = NULL,"
                        + " interrupted = :interrupted" + HELD)
                .bind("interrupted", interrupted ? 1 : 0)
                .bind("run", lease.run())
                .bind("token", lease.token())
                .bind("state", ended.state().toString())
                .bind("trigger", ended.trigger().toString())
                .bind("error", ended.error())
                .bind("started", millis(ended.started()))
                .bind("finished", millis(ended.finished()))
                .execute());
    }

    /** Whether {@link #admit} would give a waiting run its turn now. */
    public boolean hasTurn(Lease lease, String pipeline, int limit) {
        reaper.reap();
        return jdbi.withHandle(h -> before(h, lease, pipeline)) < limit;
    }

    /**
     * Gives a waiting run its turn, unless as many runs of its pipeline as may are under way, or an older one waits.
     *
     * @return whether it may begin
     */
    public boolean admit(Lease lease, String pipeline, int limit) {
        // a look costs those who wait no lock
        if (!hasTurn(lease, pipeline, limit)) {
            return false;
        }
        return jdbi.inTransaction(h -> {
            lock(h, pipeline);
            boolean admitted = before(h, lease, pipeline) < limit;
            if (admitted) {
                held(h, lease, "UPDATE runs SET state = 'running'", Map.of());
            }
            return admitted;
        });
    }

    /** Makes everybody who wants to run this pipeline queue here. */
    private static void lock(Handle h, String pipeline) {
        h.createQuery("SELECT name FROM pipelines WHERE name = ? <forUpdate>")
                .bind(0, pipeline)
                .mapTo(String.class)
                .findOne();
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
        finish(lease, state, error, attempt, "");
    }

    /** Writes down that a run was cancelled because its process ends: if it is for a slot, another one takes it up. */
    public void interrupt(Lease lease, String error, AttemptRecord attempt) {
        finish(lease, RunState.CANCELLED, error, attempt, ", " + INTERRUPTED);
    }

    private void finish(Lease lease, RunState state, String error, AttemptRecord attempt, String more) {
        jdbi.useTransaction(h -> {
            if (h.createUpdate("UPDATE runs SET state = :state, error = :error, token = NULL, lease_until = NULL,"
                                    + " finished = <now>" + more + HELD)
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
    public Lease.Status renew(Lease lease, Duration length) {
        boolean renewed = jdbi.withHandle(h ->
                h.createUpdate("UPDATE runs SET lease_until = <now> + :lease" + HELD + " AND cancel_requested IS NULL")
                                .bind("run", lease.run())
                                .bind("token", lease.token())
                                .bind("lease", length.toMillis())
                                .execute()
                        == 1);
        return renewed ? Lease.Status.HELD : status(lease);
    }

    /**
     * Renews many leases at once.
     *
     * @return the runs whose leases were renewed; of the others each has to be asked for
     */
    public Set<String> renew(Collection<Lease> leases, Duration length) {
        if (leases.isEmpty()) {
            return Set.of();
        }
        return jdbi.inTransaction(h -> {
            PreparedBatch batch = h.prepareBatch(
                    "UPDATE runs SET lease_until = <now> + :lease" + HELD + " AND cancel_requested IS NULL");
            for (Lease lease : leases) {
                batch.bind("run", lease.run())
                        .bind("token", lease.token())
                        .bind("lease", length.toMillis())
                        .add();
            }
            int[] renewed = batch.execute();
            Set<String> runs = new HashSet<>();
            int i = 0;
            for (Lease lease : leases) {
                if (renewed[i++] == 1) {
                    runs.add(lease.run());
                }
            }
            return runs;
        });
    }

    /** Sets which runs are under way in this process: whatever their leases say, they have not crashed. */
    public void excludeFromReaping(Predicate<String> runs) {
        reaper.exclude(runs);
    }

    private Lease.Status status(Lease lease) {
        return jdbi.withHandle(h -> h.createQuery("SELECT cancel_requested IS NOT NULL FROM runs" + HELD)
                .bind("run", lease.run())
                .bind("token", lease.token())
                .mapTo(Boolean.class)
                .findOne()
                .map(cancelled -> cancelled ? Lease.Status.CANCELLED : Lease.Status.HELD)
                .orElse(Lease.Status.LOST));
    }

    /**
     * Asks whoever runs it to end a run. One that waits for a process to take it up is cancelled at once.
     *
     * @throws UsageException if it is not under way
     */
    public void cancel(String run) {
        reaper.reap();
        if (jdbi.withHandle(h -> h.execute(
                        "UPDATE runs SET state = 'cancelled', interrupted = 0 WHERE id = ? AND interrupted = 1", run))
                == 1) {
            return;
        }
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
