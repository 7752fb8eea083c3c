package dev.caravan.pipeline;

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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads a run from its turn to its end: attempt after attempt, each on a thread of its own so that it can be timed out
 * and cancelled while this one keeps the books.
 */
final class PipelineRun {

    private static final Logger LOG = LoggerFactory.getLogger(PipelineRun.class);
    private static final Duration TURN_POLL = Duration.ofMillis(250);
    private static final Duration GRACE = Duration.ofSeconds(5);

    /**
     * Why the run ends before its time.
     *
     * @param lost whether the ledger has ended it already
     */
    private record End(boolean lost, String reason) {}

    private final PipelineRunner runner;
    private final PipelineConsumer consumer;
    private final Map<String, Object> parameters;
    private final Run caller;
    private final RunRecord retried;
    private final CompletableFuture<End> end = new CompletableFuture<>();
    private Lease lease;
    private Attempt attempt;
    private boolean interrupted;
    private volatile boolean draining;
    /** Why the last attempt failed, while the next one has not begun. */
    private String lastError;

    /**
     * @param caller the run whose route started this one, or null
     * @param retried what the run was before it was reopened, or null
     */
    PipelineRun(
            PipelineRunner runner,
            PipelineConsumer consumer,
            Lease lease,
            Map<String, Object> parameters,
            Run caller,
            RunRecord retried) {
        this.runner = runner;
        this.consumer = consumer;
        this.lease = lease;
        this.parameters = parameters;
        this.caller = caller;
        this.retried = retried;
    }

    PipelineRunner runner() {
        return runner;
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

    /**
     * Runs to the end.
     *
     * @return whether this thread was interrupted in the meantime
     */
    boolean execute() {
        try {
            if (awaitTurn()) {
                attempts();
            }
        } catch (RunEndedException e) {
            LOG.error("{}", e.getMessage());
        }
        return interrupted;
    }

    private boolean awaitTurn() {
        if (admitted()) {
            return true;
        }
        switch (options().getOnOverlap()) {
            case skip -> {
                skip("Another run of " + options().getName() + " is under way");
                return false;
            }
            case cancel ->
                told(() -> runner.ledger().runs().cancelOlder(lease(), options().getName()));
            case queue -> {
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
        do {
            if (endsWithin(TURN_POLL)) {
                finishEarly();
                return false;
            }
        } while (!admitted());
        return true;
    }

    private void skip(String why) {
        if (retried == null) {
            finish(RunState.SKIPPED, why);
        } else {
            told(() -> runner.ledger().runs().restore(lease(), retried));
            throw new UsageException(why + ": retry run " + id() + " when that has ended");
        }
    }

    private boolean admitted() {
        return asked(() -> runner.ledger()
                .runs()
                .admit(lease(), options().getName(), options().getMaxConcurrentRuns()));
    }

    private void attempts() {
        for (int retry = 0; ; retry++) {
            told(this::begin);
            Optional<Failure> failure = attempt();
            runner.logFailures(id(), failure.map(Failure::message).orElse(null));
            if (failure.isEmpty()) {
                finish(RunState.COMPLETED, null);
                return;
            }
            if (end.isDone()) {
                finishEarly();
                return;
            }
            String error = failure.get().message();
            if (failure.get().permanent() || retry == options().getRetries()) {
                finish(RunState.FAILED, error);
                return;
            }
            if (draining) {
                drain();
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
            if (endsWithin(delay)) {
                finishEarly();
                return;
            }
        }
    }

    private void begin() {
        synchronized (this) {
            lease = runner.ledger().runs().begin(lease, runner.lease());
            lastError = null;
            attempt = new Attempt(this, lease, runner.now());
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
     * Waits. An interrupt of this thread cancels the run, but does not shorten the wait.
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
                interrupted = true;
                cancel("the thread that waited for it was interrupted");
            } catch (TimeoutException e) {
                return false;
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private boolean endsWithin(Duration delay) {
        return await(end, delay);
    }

    private void finishEarly() {
        End early = end.join();
        if (early.lost()) {
            throw new RunEndedException(early.reason());
        }
        finish(
                RunState.CANCELLED,
                "The run was ended, because " + early.reason()
                        + (lastError == null ? "" : "; its last attempt had failed: " + lastError));
    }

    /** Whoever else may have ended the run, the log tells of the end that the ledger has. */
    private void finish(RunState state, String error) {
        runner.flushLog(id());
        told(() -> {
            Failpoint.hit("ledger.finish");
            synchronized (this) {
                runner.ledger()
                        .runs()
                        // an attempt that has failed by itself is in the ledger already
                        .finish(
                                lease,
                                state,
                                error,
                                attempt == null || lastError != null ? null : attempt.record(state, error));
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
        end(new End(false, reason));
    }

    /** The ledger gave the run to somebody else, or has ended it. */
    void lost(String reason) {
        end(new End(true, reason));
    }

    private void end(End early) {
        end.complete(early);
        Attempt current = current();
        if (current != null && !current.done().isDone()) {
            current.end(end.join().reason());
        }
    }

    /** Ends the run if it waits, or as soon as it would. */
    void drain() {
        draining = true;
        if (waiting()) {
            cancel("Caravan was stopped while the run waited");
        }
    }

    /** Whether the run has no attempt under way, but waits for its turn or for the next attempt. */
    boolean waiting() {
        Attempt current = current();
        return current == null || current.done().isDone();
    }

    private synchronized Attempt current() {
        return attempt;
    }

    private synchronized Lease lease() {
        return lease;
    }

    /** Renews the lease and tells the ledger how far the attempt has come. */
    synchronized void beat() {
        switch (runner.ledger().runs().renew(lease, runner.lease())) {
            case HELD -> {
                if (attempt != null) {
                    attempt.leaseRenewed();
                    if (!waiting()) {
                        runner.ledger().runs().report(lease, attempt.record(RunState.RUNNING, null));
                    }
                }
            }
            case CANCELLED -> cancel("it was cancelled");
            case LOST -> lost(runner.ledger().runs().ended(lease.run()).getMessage());
        }
    }
}
