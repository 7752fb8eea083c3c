package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Lease;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.Failpoint;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.RunEndedException;
import dev.caravan.run.UsageException;
import dev.caravan.run.Waiting;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads a run from its turn to its end, attempt after attempt. While the run waits for its turn, a permit or the next
 * attempt, it uses no thread. An attempt uses two: one of its own, so that it can be timed out and cancelled, and one that
 * supervises it.
 */
final class PipelineRun {

    private static final Logger LOG = LoggerFactory.getLogger(PipelineRun.class);
    private static final Duration FIRST_TURN_POLL = Duration.ofMillis(250);
    private static final Duration MAX_TURN_POLL = Duration.ofSeconds(2);
    /** How long an attempt that was ended can take to react. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private static final int LEDGER_ATTEMPTS = 5;

    private final RunServices services;
    private final RunContext context;
    private final RunEnd end = new RunEnd();
    private final CompletableFuture<Void> over = new CompletableFuture<>();
    private RunLease lease;
    private Attempt attempt;
    private Permits.Permit permit;
    private boolean attemptInProgress;
    private volatile boolean draining;
    private volatile boolean processEnds;

    private boolean waitsForTurn;
    private Duration turnPoll = FIRST_TURN_POLL;
    private boolean admitted;
    /** How many of its retries have begun. */
    private int retry;
    /** Why the last attempt failed, until the next one begins. */
    private String lastError;

    PipelineRun(RunServices services, RunContext context, Lease lease) {
        this.services = services;
        this.context = context;
        this.lease = services.lease(lease);
        this.retry = context.takenOver() ? context.previous().attempts() : 0;
    }

    PipelineConsumer pipeline() {
        return context.pipeline();
    }

    /** The run whose route called this one, or null. */
    Run caller() {
        return context.caller();
    }

    String id() {
        return lease().run();
    }

    private String name() {
        return context.name();
    }

    private int limit() {
        return context.options().getMaxConcurrentRuns();
    }

    /**
     * Starts the run, which continues by itself.
     *
     * @return completes when the run has ended and the ledger has its end; with an exception if that could not be written
     */
    CompletableFuture<Void> start() {
        runPhase(this::awaitTurn);
        return over;
    }

    /** Does a part of the run on this thread. The run is over unless another part follows. */
    private void runPhase(Runnable phase) {
        RunLogs.withRun(id(), () -> {
            try {
                phase.run();
            } catch (RunEndedException e) {
                LOG.error("{}", e.getMessage());
                over.complete(null);
            } catch (RuntimeException e) {
                over.completeExceptionally(e);
            } catch (Error e) {
                FatalErrors.end(e, "run " + id());
            }
            return null;
        });
    }

    private void awaitTurn() {
        if (end.isRequested()) {
            finishEarly();
        } else if (withLedgerRetry(() -> services.ledger().queue().hasTurn(token(), name(), limit()))) {
            awaitPermit();
        } else if (canWait()) {
            delay(turnPoll, this::awaitTurn);
            Duration doubled = turnPoll.multipliedBy(2);
            turnPoll = doubled.compareTo(MAX_TURN_POLL) < 0 ? doubled : MAX_TURN_POLL;
        }
    }

    /** Continues after a delay, or as soon as the end of the run is requested. */
    private void delay(Duration delay, Runnable next) {
        CompletableFuture<Void> timer =
                new CompletableFuture<Void>().completeOnTimeout(null, delay.toMillis(), TimeUnit.MILLISECONDS);
        CompletableFuture<Void> unused = CompletableFuture.anyOf(timer, end.requested())
                .thenRunAsync(() -> runPhase(next), services.scheduler());
    }

    /** Whether the run waits although maxConcurrentRuns is reached. Otherwise it is over now. */
    private boolean canWait() {
        switch (context.options().getOnOverlap()) {
            case skip -> {
                skip("Another run of " + name() + " is in progress");
                return false;
            }
            case cancel -> withLedgerRetry(() -> services.ledger().queue().cancelOlder(token(), name()));
            case queue -> {
                if (waitsForTurn) {
                    return true;
                }
                if (withLedgerRetry(() -> services.ledger().queue().earlierSlotWaits(token(), name()))) {
                    skip("The run for an earlier slot of " + name() + " is already waiting");
                    return false;
                }
                LOG.info("Run {} of {} waits for the run before it", id(), name());
            }
        }
        waitsForTurn = true;
        return true;
    }

    private void skip(String reason) {
        if (context.previous() == null) {
            finish(RunState.SKIPPED, reason);
        } else {
            withLedgerRetry(() -> services.ledger().runs().restore(token(), context.previous(), context.takenOver()));
            over.completeExceptionally(
                    new UsageException(reason + ": retry run " + id() + " after that run has ended"));
        }
    }

    private void awaitPermit() {
        if (end.isRequested()) {
            finishEarly();
            return;
        }
        Permits.Permit requested;
        synchronized (this) {
            permit = services.permits()
                    .acquire(context.due(), () -> services.threads().execute(() -> runPhase(this::work)));
            requested = permit;
        }
        if (requested.waits()) {
            LOG.info(
                    "Run {} of {} waits: {} runs are at work already (camel.component.pipeline.maxConcurrentRuns)",
                    id(),
                    name(),
                    services.permits().limit());
        }
        CompletableFuture<Void> unused = end.requested()
                .thenRunAsync(
                        () -> {
                            if (requested.withdraw()) {
                                runPhase(this::finishEarly);
                            }
                        },
                        services.scheduler());
    }

    private synchronized Permits.Permit permit() {
        return permit;
    }

    /** Makes one attempt, with a permit. A caller is told of the end before the permit is released, and so has it next. */
    private void work() {
        Permits.Permit used = permit();
        try {
            attemptAndDecide().run();
        } finally {
            used.release();
        }
    }

    private Runnable attemptAndDecide() {
        if (end.isRequested()) {
            return this::finishEarly;
        }
        if (!admitted) {
            admitted = withLedgerRetry(() -> services.ledger().queue().admit(token(), name(), limit()));
            if (!admitted) {
                return this::awaitTurn;
            }
        }
        Attempt begun = withLedgerRetry(this::begin);
        Optional<Failure> failure = supervise(begun);
        synchronized (this) {
            attemptInProgress = false;
        }
        services.logs().settleFailures(id(), failure.map(Failure::message).orElse(null));
        if (failure.isEmpty()) {
            return () -> finish(RunState.COMPLETED, null);
        }
        if (end.isRequested()) {
            return this::finishEarly;
        }
        String error = failure.get().message();
        if (failure.get().permanent() || retry >= context.options().getRetries()) {
            return () -> finish(RunState.FAILED, error);
        }
        if (draining) {
            drain(processEnds);
        }
        return retryAfter(begun, failure.get());
    }

    private Runnable retryAfter(Attempt failed, Failure failure) {
        Duration delay = context.options().backoff().before(retry, failure.retryAfter());
        withLedgerRetry(
                () -> services.ledger().runs().retrying(token(), failed.record(RunState.FAILED, failure.message())));
        LOG.warn(
                "Run {} of {}: attempt {} failed, retry in {} s: {}",
                id(),
                name(),
                failed.attempt(),
                Math.round(delay.toMillis() / 100.0) / 10.0,
                failure.message());
        lastError = failure.message();
        retry++;
        return () -> delay(delay, this::awaitPermit);
    }

    private Attempt begin() {
        Attempt begun;
        synchronized (this) {
            lease = services.lease(services.ledger().runs().begin(token(), services.leaseDuration()));
            lastError = null;
            RunLease held = lease;
            Progress progress = new Progress(
                    held.attempt(), services.ledger().clock(), record -> saveProgress(held.token(), record));
            begun = new Attempt(context, held, end, permit, progress);
            attempt = begun;
            attemptInProgress = true;
        }
        LOG.info("Run {} of {}: attempt {} started", id(), name(), begun.attempt());
        return begun;
    }

    /** Saves progress; if that fails, the next heartbeat will. */
    private void saveProgress(Lease held, AttemptRecord record) {
        try {
            services.ledger().runs().saveProgress(held, record);
        } catch (RuntimeException e) {
            LOG.debug("Progress of run {} could not be saved", held.run(), e);
        }
    }

    /** Runs an attempt until it is done, has timed out or is to end early; after that nothing of it continues. */
    private Optional<Failure> supervise(Attempt running) {
        services.threads().execute(running);
        Duration timeout = context.options().timeout();
        boolean timedOut = !await(CompletableFuture.anyOf(running.done(), end.requested()), timeout);
        if (running.done().isDone()) {
            return running.failure().map(Failure::of);
        }
        String reason = timedOut
                ? "it ran longer than its timeout of " + timeout.toMillis() / 1000.0 + " s"
                : end.get().reason();
        running.end(reason);
        if (!await(running.done(), GRACE)) {
            LOG.warn(
                    "Run {} of {}: attempt {} does not react and is abandoned; it cannot commit any more",
                    id(),
                    name(),
                    running.attempt());
        } else if (running.failure().isEmpty()) {
            // it was done before it noticed
            return Optional.empty();
        }
        return Optional.of(Failure.ended(reason));
    }

    /** Waits. An interrupt of this thread, which is the run's own, cancels the run, but does not shorten the wait. */
    private boolean await(CompletableFuture<?> future, Duration timeout) {
        boolean done = Waiting.awaitUninterruptibly(future, timeout, () -> cancel("its thread was interrupted"));
        if (Thread.interrupted()) {
            LOG.debug("Run {} was cancelled by an interrupt", id());
        }
        return done;
    }

    private void finishEarly() {
        RunEnd.Request early = end.get();
        if (early.lost()) {
            throw new RunEndedException("Run " + id() + " cannot continue: " + early.reason());
        }
        finish(
                RunState.CANCELLED,
                "The run was ended, because " + early.reason()
                        + (lastError == null ? "" : "; its last attempt had failed: " + lastError),
                early.processEnds());
    }

    private void finish(RunState state, String error) {
        finish(state, error, false);
    }

    /** Writes the end of the run to the ledger, then to the log: if the ledger has another end, the log tells no other. */
    private void finish(RunState state, String error, boolean interrupted) {
        services.logs().flush(id());
        withLedgerRetry(() -> {
            Failpoint.hit("ledger.finish");
            synchronized (this) {
                // an attempt that failed before a retry is in the ledger already
                AttemptRecord last = attempt == null || lastError != null ? null : attempt.record(state, error);
                if (interrupted) {
                    services.ledger().runs().interrupt(token(), error, last);
                } else {
                    services.ledger().runs().finish(token(), state, error, last);
                }
            }
        });
        if (state == RunState.SKIPPED || state == RunState.CANCELLED) {
            LOG.warn("Run {} of {} {}: {}", id(), name(), state, error);
        } else if (error == null) {
            LOG.info("Run {} of {} {} at attempt {}", id(), name(), state, lease().attempt());
        } else {
            LOG.error("Run {} of {} {}: {}", id(), name(), state, error);
        }
        over.complete(null);
    }

    private void withLedgerRetry(Runnable call) {
        withLedgerRetry(() -> {
            call.run();
            return null;
        });
    }

    /** Repeats a call of the ledger that gets no answer, a few times. */
    private <T> T withLedgerRetry(Supplier<T> call) {
        for (int attempts = 1; ; attempts++) {
            try {
                return call.get();
            } catch (RunEndedException | PermanentException e) {
                throw e;
            } catch (RuntimeException e) {
                if (attempts == LEDGER_ATTEMPTS) {
                    throw e;
                }
                LOG.warn("The ledger does not answer: {}", Errors.describe(e));
                await(new CompletableFuture<Void>(), Duration.ofSeconds(attempts));
            }
        }
    }

    /** Ends the run as soon as possible. */
    void cancel(String reason) {
        end.cancel(reason);
    }

    /**
     * Ends the run as soon as possible, because its pipeline is stopped here.
     *
     * @param ofProcess whether the whole process ends
     */
    void stop(boolean ofProcess) {
        end.stop("Caravan was stopped", ofProcess);
    }

    /**
     * Ends the run if it waits, or as soon as it would wait.
     *
     * @param ofProcess whether the whole process ends
     */
    void drain(boolean ofProcess) {
        processEnds = ofProcess;
        draining = true;
        if (isWaiting()) {
            end.stop("Caravan was stopped while the run waited", ofProcess);
        }
    }

    /** Whether the run has no attempt in progress, but waits for its turn, a permit or the next attempt. */
    synchronized boolean isWaiting() {
        return !attemptInProgress;
    }

    synchronized RunLease lease() {
        return lease;
    }

    private Lease token() {
        return lease().token();
    }

    /** Renews the lease, and saves the progress of the attempt. */
    synchronized void heartbeat() {
        if (lease.renew(end) && attemptInProgress) {
            services.ledger().runs().saveProgress(lease.token(), attempt.record(RunState.RUNNING, null));
        }
    }
}
