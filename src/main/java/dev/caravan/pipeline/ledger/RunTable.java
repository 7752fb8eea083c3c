package dev.caravan.pipeline.ledger;

import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.SqlStatement;

/**
 * Runs from their creation to their end. Each write about an active run needs its current {@link Lease}; without it a
 * {@link dev.caravan.run.RunEndedException} is thrown and nothing is written.
 */
public final class RunTable {

    static final String LIVE = "('scheduled', 'running', 'retrying')";

    /** Only runs for a slot and detached ones are taken over, and only those that nobody has cancelled. */
    static final String INTERRUPTED = "interrupted = CASE WHEN (slot IS NULL AND detached = 0)"
            + " OR cancel_requested IS NOT NULL THEN 0 ELSE 1 END";

    private static final String REOPEN =
            "UPDATE runs SET state = 'scheduled', trigger = 'retry', cancel_requested = NULL, started = NULL,"
                    + " finished = NULL, error = NULL, interrupted = 0, announce = 0, detached = :detached, node = :node,"
                    + " token = :token, lease_until = <now> + :lease"
                    + " WHERE id = :run AND state IN ('failed', 'crashed', 'cancelled', 'missed')";

    private static final String CREATE =
            "INSERT INTO runs (id, pipeline, slot, trigger, parameters, state, node, token,"
                    + " lease_until, created) VALUES (:run, :pipeline, :slot, :trigger, :parameters, 'scheduled', :node, :token,"
                    + " :now + :lease, :now) ON CONFLICT (pipeline, slot) DO NOTHING";

    /** What its attempts have loaded together, when they are written. */
    private static final String LOADED =
            "(rows, bytes) = (SELECT COALESCE(SUM(a.rows), 0), COALESCE(SUM(a.bytes), 0) FROM attempts a WHERE a.run = :run)";

    /**
     * A run that was created.
     *
     * @param alone whether no other run of its pipeline is active, so that it need not wait for its turn
     */
    public record Created(Lease lease, boolean alone) {}

    private final Jdbi jdbi;
    private final Writes writes;
    private final NodeRegistry nodes;
    private final Reaper reaper;

    RunTable(Jdbi jdbi, Writes writes, NodeRegistry nodes, Reaper reaper) {
        this.jdbi = jdbi;
        this.writes = writes;
        this.nodes = nodes;
        this.reaper = reaper;
    }

    /**
     * Creates a run that waits for its turn.
     *
     * @param slot the instant of the cron, or null
     * @param leaseDuration how long the lease is valid without renewal
     * @return empty if the slot has its run already
     */
    public Optional<Lease> create(
            String pipeline, Instant slot, Trigger trigger, Map<String, String> parameters, Duration leaseDuration) {
        String node = nodes.self();
        return writes.call(h -> {
            long now = now(h);
            Lease held = Lease.waiting(Ids.next(now));
            int created = bind(h.createUpdate(CREATE), held, pipeline, slot, trigger, parameters)
                    .bind("node", node)
                    .bind("now", now)
                    .bind("lease", leaseDuration.toMillis())
                    .execute();
            return created == 0 ? Optional.empty() : Optional.of(held);
        });
    }

    /**
     * Creates the runs of a slot, all or none of them.
     *
     * @param pipelines the parameters of each pipeline's run; sorted, so that two processes do not wait for each other
     * @return by pipeline; without those whose slot has its run already
     */
    public Map<String, Created> createAll(
            Instant slot, SortedMap<String, Map<String, String>> pipelines, Duration leaseDuration) {
        String node = nodes.self();
        return writes.call(h -> {
            long now = now(h);
            Iterator<String> ids = Ids.next(now, pipelines.size()).iterator();
            Map<String, Lease> leases = new TreeMap<>();
            PreparedBatch batch = h.prepareBatch(CREATE);
            pipelines.forEach((pipeline, parameters) -> {
                Lease held = Lease.waiting(ids.next());
                leases.put(pipeline, held);
                bind(batch, held, pipeline, slot, Trigger.SCHEDULE, parameters)
                        .bind("node", node)
                        .bind("now", now)
                        .bind("lease", leaseDuration.toMillis())
                        .add();
            });
            int[] created = batch.execute();
            Set<String> alone = RunQueue.alone(h);
            Map<String, Created> all = new TreeMap<>();
            int i = 0;
            for (Map.Entry<String, Lease> each : leases.entrySet()) {
                if (created[i++] == 1) {
                    all.put(each.getKey(), new Created(each.getValue(), alone.contains(each.getKey())));
                }
            }
            return all;
        });
    }

    static long now(Handle h) {
        return h.createQuery("SELECT <now>").mapTo(Long.class).one();
    }

    private static <S extends SqlStatement<S>> S bind(
            S insert, Lease held, String pipeline, Instant slot, Trigger trigger, Map<String, String> parameters) {
        return insert.bind("run", held.run())
                .bind("token", held.token())
                .bind("pipeline", pipeline)
                .bind("slot", millis(slot))
                .bind("trigger", trigger.toString())
                .bind("parameters", ParameterJson.write(parameters));
    }

    /**
     * Reopens a run that has failed, crashed, been cancelled or missed: it waits for its turn again.
     *
     * @throws UsageException if it is in another state or unknown
     */
    public Lease reopen(String run, Duration leaseDuration) {
        String node = nodes.self();
        Lease held = Lease.waiting(run);
        reaper.reap();
        writes.run(h -> reopen(h, run, node, held.token(), leaseDuration.toMillis()));
        return held;
    }

    /**
     * Reopens a run.
     *
     * @param node null if it is to be detached, as are the token and the lease
     */
    static void reopen(Handle h, String run, String node, String token, Long lease) {
        int reopened = h.createUpdate(REOPEN)
                .bind("run", run)
                .bind("detached", node == null ? 1 : 0)
                .bind("node", node)
                .bind("token", token)
                .bind("lease", lease)
                .execute();
        if (reopened == 0) {
            throw new UsageException("Run " + run + " cannot be retried: "
                    + state(h, run).map(state -> "it is " + state).orElse("it does not exist"));
        }
    }

    /**
     * Takes over an interrupted run: of all processes that attempt it, one succeeds. The run waits for its turn again.
     *
     * @param limit how many runs of its pipeline can be active
     * @return empty if another process was faster, or the limit is reached
     */
    public Optional<Lease> takeOver(RunRecord interrupted, int limit, Duration leaseDuration) {
        String node = nodes.self();
        Lease held = new Lease(interrupted.id(), Leases.newToken(), interrupted.attempts(), 0);
        return writes.call(h -> {
            RunQueue.lock(h, writes, interrupted.pipeline());
            boolean taken = RunQueue.countBefore(h, held) < limit
                    && h.createUpdate("UPDATE runs SET state = 'scheduled', node = :node, token = :token,"
                                            + " lease_until = <now> + :lease, cancel_requested = NULL, finished = NULL,"
                                            + " interrupted = 0, announce = 0 WHERE id = :run AND interrupted = 1")
                                    .bind("run", held.run())
                                    .bind("node", node)
                                    .bind("token", held.token())
                                    .bind("lease", leaseDuration.toMillis())
                                    .execute()
                            == 1;
            return taken ? Optional.of(held) : Optional.empty();
        });
    }

    /**
     * Excludes an interrupted run from being taken over. It has crashed, even if its process was stopped in order: nobody
     * has cancelled it.
     *
     * @param reason as the end of a sentence
     */
    public void giveUp(String run, String reason) {
        writes.run(h -> h.execute(
                "UPDATE runs SET interrupted = 0, state = 'crashed', error = COALESCE(error || '; ', '') || ?"
                        + " WHERE id = ? AND interrupted = 1",
                reason,
                run));
    }

    /**
     * Restores the state that a run had before it was reopened or taken over.
     *
     * @param interrupted whether another process can take it over
     */
    public void restore(Lease lease, RunRecord ended, boolean interrupted) {
        writes.run(h -> h.createUpdate("UPDATE runs SET state = :state, trigger = :trigger, error = :error,"
                        + " started = :started, finished = :finished, token = NULL, lease_until = NULL,"
                        + " interrupted = :interrupted, announce = :interrupted" + Leases.HELD)
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

    /**
     * Admits a waiting run and begins its next attempt, unless the limit is reached or older runs wait.
     *
     * @param limit how many runs of its pipeline can be active
     * @param receivers of a message about a run that was admitted
     * @return the lease of that attempt, with which the previous one becomes invalid; empty if the run has to wait
     */
    public Optional<Lease> admit(
            Lease lease, String pipeline, int limit, Duration leaseDuration, Collection<String> receivers) {
        return writes.call(h -> {
            RunQueue.lock(h, writes, pipeline);
            if (RunQueue.countBefore(h, lease) >= limit) {
                return Optional.empty();
            }
            Lease begun = begin(h, lease, leaseDuration);
            if (!receivers.isEmpty()) {
                Outbox.add(h, run(h, lease.run()), receivers);
            }
            return Optional.of(begun);
        });
    }

    private static RunRecord run(Handle h, String id) {
        return h.createQuery(RunHistory.SELECT + "WHERE r.id = ?")
                .bind(0, id)
                .map(RunHistory::run)
                .one();
    }

    /**
     * Begins the next attempt of a run that was admitted.
     *
     * @return the lease of that attempt; the previous one becomes invalid
     */
    public Lease begin(Lease lease, Duration leaseDuration) {
        return writes.call(h -> begin(h, lease, leaseDuration));
    }

    private static Lease begin(Handle h, Lease lease, Duration leaseDuration) {
        String token = Leases.newToken();
        int attempt = h.createQuery("UPDATE runs SET state = 'running', token = :next, attempts = attempts + 1,"
                        + " started = COALESCE(started, <now>), lease_until = <now> + :lease" + Leases.HELD
                        + " RETURNING attempts")
                .bind("run", lease.run())
                .bind("token", lease.token())
                .bind("next", token)
                .bind("lease", leaseDuration.toMillis())
                .mapTo(Integer.class)
                .findOne()
                .orElseThrow(() -> Leases.lost(h, lease.run()));
        int earlier = attempt == 1 ? 0 : RunHistory.attemptsSinceOpened(h, lease.run());
        h.execute(
                "INSERT INTO attempts (run, attempt, state, started) VALUES (?, ?, 'running', <now>)",
                lease.run(),
                attempt);
        return new Lease(lease.run(), token, attempt, earlier);
    }

    /** Saves the progress of an attempt. */
    public void saveProgress(Lease lease, AttemptRecord attempt) {
        writes.run(h -> {
            write(h, lease.run(), attempt);
            Leases.update(h, lease, "UPDATE runs SET " + LOADED, Map.of());
        });
    }

    /** Saves a failed attempt that is followed by another one. */
    public void retrying(Lease lease, AttemptRecord attempt) {
        writes.run(h -> {
            write(h, lease.run(), attempt);
            Leases.update(
                    h,
                    lease,
                    "UPDATE runs SET state = 'retrying', error = :error, " + LOADED,
                    Map.of("error", attempt.error()));
        });
    }

    /**
     * Ends a run.
     *
     * @param error why it did not complete, or null
     * @param attempt its last attempt, or null if there was none
     * @param log the end of its log
     */
    public void finish(Lease lease, RunState state, String error, AttemptRecord attempt, List<LogLine> log) {
        finish(lease, state, error, attempt, log, List.of());
    }

    /**
     * Ends a run, and writes a message about it.
     *
     * @param receivers of the message
     * @return the run as it has ended
     */
    public RunRecord finish(
            Lease lease,
            RunState state,
            String error,
            AttemptRecord attempt,
            List<LogLine> log,
            Collection<String> receivers) {
        return writes.call(h -> {
            finish(h, lease, state, error, attempt, log, "");
            RunTotals.add(h, lease.run());
            RunRecord ended = run(h, lease.run());
            Outbox.add(h, ended, receivers);
            return ended;
        });
    }

    /**
     * Ends a run as cancelled because its process ends; if it is for a slot, another process takes it over. If none does,
     * another process announces its end.
     */
    public void interrupt(Lease lease, String error, AttemptRecord attempt, List<LogLine> log) {
        writes.run(h -> finish(h, lease, RunState.CANCELLED, error, attempt, log, ", announce = 1, " + INTERRUPTED));
    }

    private static void finish(
            Handle h,
            Lease lease,
            RunState state,
            String error,
            AttemptRecord attempt,
            List<LogLine> log,
            String more) {
        if (attempt != null) {
            write(h, lease.run(), attempt);
        }
        if (h.createUpdate("UPDATE runs SET state = :state, error = :error, token = NULL, lease_until = NULL,"
                                + " finished = <now>, " + LOADED + more + Leases.HELD)
                        .bind("run", lease.run())
                        .bind("token", lease.token())
                        .bind("state", state.toString())
                        .bind("error", error)
                        .execute()
                == 0) {
            throw Leases.lost(h, lease.run());
        }
        LogTable.append(h, lease.run(), log);
    }

    /**
     * Requests cancellation of a run from the process that runs it. A run that has no process is cancelled at once.
     *
     * @throws UsageException if it is not active
     */
    public void cancel(String run) {
        reaper.reap();
        if (writes.call(h -> h.execute(
                        "UPDATE runs SET state = 'cancelled', interrupted = 0, announce = 1, finished = COALESCE(finished, <now>),"
                                + " error = COALESCE(error, 'It was cancelled')"
                                + " WHERE id = ? AND (interrupted = 1 OR (state = 'scheduled' AND node IS NULL))",
                        run))
                == 1) {
            return;
        }
        int requested =
                writes.call(h -> h.createUpdate("UPDATE runs SET cancel_requested = COALESCE(cancel_requested, <now>)"
                                + " WHERE id = :run AND state IN " + LIVE)
                        .bind("run", run)
                        .execute());
        if (requested == 0) {
            throw new UsageException("Run " + run + " cannot be cancelled: "
                    + state(run).map(state -> "it is " + state).orElse("it does not exist"));
        }
    }

    /** Returns the active runs whose cancellation was requested. */
    public Set<String> cancelRequests() {
        return jdbi.withHandle(
                h -> h.createQuery("SELECT id FROM runs WHERE cancel_requested IS NOT NULL AND state IN " + LIVE)
                        .mapTo(String.class)
                        .set());
    }

    void prune(Duration retention) {
        // as a query, so that PostgreSQL takes the time once and can use the index
        writes.run(h -> h.execute("DELETE FROM runs WHERE finished <= (SELECT <now>) - ?", retention.toMillis()));
    }

    private Optional<RunState> state(String run) {
        return jdbi.withHandle(h -> state(h, run));
    }

    static Optional<RunState> state(Handle h, String run) {
        return h.createQuery("SELECT state FROM runs WHERE id = ?")
                .bind(0, run)
                .mapTo(String.class)
                .findOne()
                .map(RunState::of);
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
        LoadTable.write(h, run, attempt);
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
}
