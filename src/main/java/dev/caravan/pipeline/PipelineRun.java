package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Lease;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.Failpoint;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.RunEndedException;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads a run from its turn to its end: attempt after attempt. While it waits for its turn, a place or the next attempt it
 * has no thread. An attempt has two: one of its own, so that it can be timed out and cancelled, and one that keeps the
 * books.
 */
final class PipelineRun {

    private static final Logger LOG = LoggerFactory.getLogger(PipelineRun.class);
    private static final Duration FIRST_TURN_POLL = Duration.ofMillis(250);
    private static final Duration LONGEST_TURN_POLL = Duration.ofSeconds(2);
    private static final Duration GRACE = Duration.ofSeconds(5);

    /**
     * Why the run ends before its time.
     *
     * @param lost whether the ledger has ended it already
     * @param stopped whether that is because the process ends
     */
    private record End(boolean lost, boolean stopped, String reason) {}

    private final PipelineRunner runner;
    private final PipelineConsumer consumer;
    private final Map<String, Object> parameters;
    private final Run caller;
    private final Places.Due due;
    private final RunRecord ended;
    private final boolean takenUp;
    private final CompletableFuture<End> end = new CompletableFuture<>();
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private Lease lease;
    private Attempt attempt;
    private Places.Place place;
    private boolean working;
    private volatile boolean draining;
    private volatile boolean stopping;
    /** The loads whose rows the attempts have counted. */
    private final Set<String> counted = ConcurrentHashMap.newKeySet();

    private boolean waitsForTurn;
    private Duration turnPoll = FIRST_TURN_POLL;
    private boolean admitted;
    /** How many of its retries have begun. */
    private int retry;
    /** Why the last attempt failed, while the next one has not begun. */
    private String lastError;

    /**
     * @param since when it was due
     * @param caller the run whose route started this one, or null
     * @param ended what the run was before it was reopened or taken up, or null
     * @param takenUp whether it was taken up: the attempts that it has had count
     */
    PipelineRun(
            PipelineRunner runner,
            PipelineConsumer consumer,
            Lease lease,
            Map<String, Object> parameters,
            Instant since,
            Run caller,
            RunRecord ended,
            boolean takenUp) {
        this.runner = runner;
        this.consumer = consumer;
        this.lease = lease;
        this.parameters = parameters;
        this.caller = caller;
        this.due = caller instanceof Attempt attempt
                ? attempt.due().calls(lease.run())
                : new Places.Due(since, lease.run(), lease.run());
        this.ended = ended;
        this.takenUp = takenUp;
        this.retry = takenUp ? ended.attempts() : 0;
    }

    PipelineRunner runner() {
        return runner;
    }

    /** Whether a load is to be counted: once, whatever attempt has committed it, and whether that got to know or not. */
    boolean markCounted(String load, boolean committedEarlier) {
        boolean first = counted.add(load);
        // of the attempts in a process that is gone nothing else is known
        return first && (!committedEarlier || ended == null || ended.rows() == 0);
    }

    PipelineConsumer consumer() {
        return consumer;
    }

    Map<String, Object> parameters() {
        return parameters;
    }

    Optional<Run> caller() {
        return Optional.ofNullable(caller);
    }

    String id() {
        return lease().run();
    }

    private PipelineEndpoint options() {
        return consumer.getEndpoint();
    }

    /** Where the run stands among those that wait for a place. */
    Places.Due due() {
        return due;
    }

    /** Completes when the run is over and the ledger knows; with an exception if it could not be told. */
    CompletableFuture<Void> over() {
        return over;
    }

    /** Begins. The run goes on by itself, on a thread of its own only while it works. */
    void start() {
        leg(this::awaitTurn);
    }

    /** Does a part of the run on this thread. It is over unless another part follows. */
    private void leg(Runnable part) {
        RunLogs.withRun(id(), () -> {
            try {
                part.run();
            } catch (RunEndedException e) {
                LOG.error("{}", e.getMessage());
                runner.over(this, null);
            } catch (RuntimeException e) {
                runner.over(this, e);
            } catch (Error e) {
                FatalErrors.end(e, "run " + id());
            }
            return null;
        });
    }

    private void awaitTurn() {
        if (end.isDone()) {
            finishEarly();
        } else if (asked(() -> runner.ledger()
                .runs()
                .hasTurn(lease(), options().getName(), options().getMaxConcurrentRuns()))) {
            awaitPlace();
        } else if (mayWait()) {
            pause(turnPoll, this::awaitTurn);
            turnPoll = turnPoll.multipliedBy(2).compareTo(LONGEST_TURN_POLL) < 0
                    ? turnPoll.multipliedBy(2)
                    : LONGEST_TURN_POLL;
        }
    }

    /** Goes on later, or as soon as the run is to end. */
    private void pause(Duration delay, Runnable next) {
        CompletableFuture<Void> alarm =
                new CompletableFuture<Void>().completeOnTimeout(null, delay.toMillis(), TimeUnit.MILLISECONDS);
        CompletableFuture<Void> unused =
                CompletableFuture.anyOf(alarm, end).thenRunAsync(() -> leg(next), runner.books());
    }

    /** Whether a run that comes too many waits. Otherwise it is over now. */
    private boolean mayWait() {
        switch (options().getOnOverlap()) {
            case skip -> {
                skip("Another run of " + options().getName() + " is under way");
                return false;
            }
            case cancel ->
                told(() -> runner.ledger().runs().cancelOlder(lease(), options().getName()));
            case queue -> {
                if (waitsForTurn) {
                    return true;
                }
                if (asked(() -> runner.ledger()
                        .runs()
                        .earlierSlotWaits(lease(), options().getName()))) {
                    skip("The run of an earlier slot of " + options().getName() + " waits already");
                    return false;
                }
                LOG.info(
                        "Run {} of {} waits for the one before it",
                        id(),
                        options().getName());
            }
        }
        waitsForTurn = true;
        return true;
    }

    private void skip(String why) {
        if (ended == null) {
            finish(RunState.SKIPPED, why);
        } else {
            told(() -> runner.ledger().runs().restore(lease(), ended, takenUp));
            runner.over(this, new UsageException(why + ": retry run " + id() + " when that has ended"));
        }
    }

    private void awaitPlace() {
        if (end.isDone()) {
            finishEarly();
            return;
        }
        Places.Place entered;
        synchronized (this) {
            place = runner.places().enter(due, () -> runner.threads().execute(() -> leg(this::work)));
            entered = place;
        }
        if (entered.waits()) {
            LOG.info(
                    "Run {} of {} waits for a place: {} runs work at once",
                    id(),
                    options().getName(),
                    runner.places().limit());
        }
        CompletableFuture<Void> unused = end.thenRunAsync(
                () -> {
                    if (entered.withdraw()) {
                        leg(this::finishEarly);
                    }
                },
                runner.books());
    }

    private synchronized Places.Place place() {
        return place;
    }

    /** With a place, makes one attempt. */
    private void work() {
        Runnable next;
        try {
            next = attemptAndDecide();
        } finally {
            place().leave();
        }
        next.run();
    }

    private Runnable attemptAndDecide() {
        if (end.isDone()) {
            return this::finishEarly;
        }
        if (!admitted) {
            admitted = asked(() -> runner.ledger()
                    .runs()
                    .admit(lease(), options().getName(), options().getMaxConcurrentRuns()));
            if (!admitted) {
                return this::awaitTurn;
            }
        }
        told(this::begin);
        Optional<Failure> failure = attempt();
        synchronized (this) {
            working = false;
        }
        runner.logFailures(id(), failure.map(Failure::message).orElse(null));
        if (failure.isEmpty()) {
            return () -> finish(RunState.COMPLETED, null);
        }
        if (end.isDone()) {
            return this::finishEarly;
        }
        String error = failure.get().message();
        if (failure.get().permanent() || retry >= options().getRetries()) {
            return () -> finish(RunState.FAILED, error);
        }
        if (draining) {
            drain(stopping);
        }
        Duration delay = options().backoff().before(retry, failure.get().retryAfter());
        told(() -> runner.ledger().runs().retrying(lease(), attempt.record(RunState.FAILED, error)));
        LOG.warn(
                "Run {} of {}: attempt {} failed, the next one follows in {} s: {}",
                id(),
                options().getName(),
                lease().attempt(),
                Math.round(delay.toMillis() / 100.0) / 10.0,
                error);
        lastError = error;
        retry++;
        return () -> pause(delay, this::awaitPlace);
    }

    private void begin() {
        synchronized (this) {
            lease = runner.ledger().runs().begin(lease, runner.lease());
            lastError = null;
            attempt = new Attempt(this, lease, place, runner.now());
            working = true;
        }
        LOG.info("Run {} of {}: attempt {} begins", id(), options().getName(), lease().attempt());
    }

    /** Lets the attempt run until it is done, has timed out or is cancelled; then nothing of it passes any more. */
    private Optional<Failure> attempt() {
        runner.execute(attempt);
        Duration timeout = options().timeout();
        boolean timedOut = !await(CompletableFuture.anyOf(attempt.done(), end), timeout);
        if (attempt.done().isDone()) {
            return attempt.failure().map(Failure::of);
        }
        String reason = timedOut
                ? "it ran longer than its timeout of " + timeout.toMillis() / 1000.0 + " s"
                : end.join().reason();
        attempt.end(reason);
        if (!await(attempt.done(), GRACE)) {
            LOG.warn(
                    "Run {} of {}: attempt {} does not react and is left behind; it cannot commit any more",
                    id(),
                    options().getName(),
                    lease().attempt());
        } else if (attempt.failure().isEmpty()) {
            // it was done before it noticed
            return Optional.empty();
        }
        return Optional.of(Failure.ended(reason));
    }

    /**
     * Waits. An interrupt of this thread, which is the run's own, cancels the run, but does not shorten the wait.
     *
     * @param timeout null is for ever
     * @return whether what was waited for has come
     */
    private boolean await(CompletableFuture<?> future, Duration timeout) {
        long deadline = System.nanoTime() + (timeout == null ? 0 : timeout.toNanos());
        while (true) {
            try {
                if (timeout == null) {
                    future.get();
                } else {
                    future.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                }
                return true;
            } catch (InterruptedException e) {
                cancel("its thread was interrupted");
            } catch (TimeoutException e) {
                return false;
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void finishEarly() {
        End early = end.join();
        if (early.lost()) {
            throw new RunEndedException(early.reason());
        }
        finish(
                RunState.CANCELLED,
                "The run was ended, because " + early.reason()
                        + (lastError == null ? "" : "; its last attempt had failed: " + lastError),
                early.stopped());
    }

    /** Whoever else may have ended the run, the log tells of the end that the ledger has. */
    private void finish(RunState state, String error) {
        finish(state, error, false);
    }

    private void finish(RunState state, String error, boolean stopped) {
        runner.flushLog(id());
        told(() -> {
            Failpoint.hit("ledger.finish");
            synchronized (this) {
                // an attempt that has failed by itself is in the ledger already
                AttemptRecord last = attempt == null || lastError != null ? null : attempt.record(state, error);
                if (stopped) {
                    runner.ledger().runs().interrupt(lease, error, last);
                } else {
                    runner.ledger().runs().finish(lease, state, error, last);
                }
            }
        });
        String name = options().getName();
        if (state == RunState.SKIPPED || state == RunState.CANCELLED) {
            LOG.warn("Run {} of {} {}: {}", id(), name, state, error);
        } else if (error == null) {
            LOG.info("Run {} of {} {} at attempt {}", id(), name, state, lease().attempt());
        } else {
            LOG.error("Run {} of {} {}: {}", id(), name, state, error);
        }
        runner.over(this, null);
    }

    private void told(Runnable word) {
        asked(() -> {
            word.run();
            return null;
        });
    }

    /** A run's turn, and the beginning and end of an attempt, are worth some patience with a ledger that does not answer. */
    private <T> T asked(Supplier<T> question) {
        for (int tries = 1; ; tries++) {
            try {
                return question.get();
            } catch (RunEndedException | PermanentException e) {
                throw e;
            } catch (RuntimeException e) {
                if (tries == 5) {
                    throw e;
                }
                LOG.warn("The ledger does not answer: {}", Errors.describe(e));
                await(new CompletableFuture<Void>(), Duration.ofSeconds(tries));
            }
        }
    }

    /** Ends the run as soon as possible. */
    void cancel(String reason) {
        end(new End(false, false, reason));
    }

    /**
     * Ends the run as soon as possible, because its pipeline is stopped here.
     *
     * @param ending whether the whole process ends
     */
    void stop(boolean ending) {
        end(new End(false, ending, "Caravan was stopped"));
    }

    /** The ledger gave the run to somebody else, or has ended it. */
    void lost(String reason) {
        end(new End(true, false, reason));
    }

    private void end(End early) {
        end.complete(early);
        Attempt current = current();
        if (current != null && !current.done().isDone()) {
            current.end(end.join().reason());
        }
    }

    /**
     * Ends the run if it waits, or as soon as it would.
     *
     * @param ending whether the whole process ends
     */
    void drain(boolean ending) {
        stopping = ending;
        draining = true;
        if (waiting()) {
            end(new End(false, ending, "Caravan was stopped while the run waited"));
        }
    }

    /** Whether the run has no attempt under way, but waits for its turn, a place or the next attempt. */
    synchronized boolean waiting() {
        return !working;
    }

    private synchronized Attempt current() {
        return attempt;
    }

    synchronized Lease lease() {
        return lease;
    }

    /** Renews the lease and tells the ledger how far the attempt has come. */
    synchronized void beat() {
        switch (runner.ledger().runs().renew(lease, runner.lease())) {
            case HELD -> {
                if (working) {
                    attempt.leaseRenewed();
                    runner.ledger().runs().report(lease, attempt.record(RunState.RUNNING, null));
                }
            }
            case CANCELLED -> cancel("it was cancelled");
            case LOST -> lost(runner.ledger().runs().ended(lease.run()).getMessage());
        }
    }
}
