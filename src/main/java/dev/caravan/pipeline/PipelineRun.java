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
import dev.caravan.run.Waiting;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads a run from its turn to its end, attempt after attempt. While the run waits for its turn, a permit or the next
 * attempt, it uses no thread; while it works, it has one.
 */
final class PipelineRun {

    private static final Logger LOG = LoggerFactory.getLogger(PipelineRun.class);
    private static final Duration FIRST_TURN_POLL = Duration.ofMillis(250);
    private static final Duration MAX_TURN_POLL = Duration.ofSeconds(2);
    /** A wait that is shorter is not worth a line in the log. */
    private static final Duration LONG_WAIT = Duration.ofSeconds(1);

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

    private volatile boolean waitsForTurn;
    private Duration turnPoll = FIRST_TURN_POLL;
    private boolean admitted;
    /** Why the last attempt failed, until the next one begins. */
    private String lastError;

    PipelineRun(RunServices services, RunContext context, Lease lease) {
        this.services = services;
        this.context = context;
        this.lease = services.lease(lease);
    }

    PipelineConsumer pipeline() {
        return context.pipeline();
    }

    /** The run whose route called this one, or null. */
    Run caller() {
        return context.caller();
    }

    /** Whether another process, or an earlier run here, may have written to its log. */
    boolean isContinued() {
        return context.origin() != RunContext.Origin.NEW;
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
     * @param hasTurn whether it need not wait for other runs of its pipeline
     * @return completes when the run has ended and the ledger has its end; with an exception if that could not be written
     */
    CompletableFuture<Void> start(boolean hasTurn) {
        runPhase(hasTurn ? this::awaitPermit : this::awaitTurn);
        return over;
    }

    /** Does a part of the run on this thread. The run is over unless another part follows. */
    private void runPhase(Runnable phase) {
        try {
            RunLogs.withRun(id(), name(), () -> run(phase));
        } catch (RunEndedException e) {
            // outside of its log, which is another process's by now
            LOG.info("{}", e.getMessage());
            over.complete(null);
        }
    }

    private Void run(Runnable phase) {
        try {
            phase.run();
        } catch (RunEndedException e) {
            if (!hasBegun()) {
                throw e;
            }
            LOG.error("{}", e.getMessage());
            over.complete(null);
        } catch (RuntimeException e) {
            over.completeExceptionally(e);
        } catch (Error e) {
            FatalErrors.end(e, "run " + id());
        }
        return null;
    }

    /** Whether it has made an attempt in this process. */
    synchronized boolean hasBegun() {
        return attempt != null;
    }

    /** Whether it waits for other runs of its pipeline rather than for a place in this process. */
    boolean waitsForTurn() {
        return waitsForTurn;
    }

    private void awaitTurn() {
        if (end.isRequested()) {
            finishEarly();
        } else if (withLedgerRetry(() -> services.ledger().queue().hasTurn(token(), limit()))) {
            awaitPermit();
        } else if (canWait()) {
            delay(turnPoll, this::awaitTurn);
            Duration doubled = turnPoll.multipliedBy(2);
            turnPoll = doubled.compareTo(MAX_TURN_POLL) < 0 ? doubled : MAX_TURN_POLL;
        }
    }

    /** Continues after a delay, or as soon as the end of the run is requested. */
    private void delay(Duration delay, Runnable next) {
        CompletableFuture<Void> unused = CompletableFuture.anyOf(after(delay), end.requested())
                .thenRunAsync(() -> runPhase(next), services.scheduler());
    }

    private static CompletableFuture<Void> after(Duration delay) {
        return new CompletableFuture<Void>().completeOnTimeout(null, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Whether the run waits although maxConcurrentRuns is reached. Otherwise it is over now. */
    private boolean canWait() {
        switch (context.onOverlap()) {
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
        if (!context.hadEnded()) {
            finish(RunState.SKIPPED, reason);
        } else {
            withLedgerRetry(() -> services.ledger()
                    .runs()
                    .restore(token(), context.previous(), context.origin() == RunContext.Origin.TAKEN_OVER));
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
            CompletableFuture<Void> unused =
                    after(LONG_WAIT).thenRunAsync(() -> tellWait(requested), services.scheduler());
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

    private void tellWait(Permits.Permit requested) {
        if (requested.waits()) {
            RunLogs.withRun(id(), name(), () -> {
                LOG.info(
                        "Run {} of {} waits: {} runs are at work already (camel.component.pipeline.maxConcurrentRuns)",
                        id(),
                        name(),
                        services.permits().limit());
                return null;
            });
        }
    }

    private synchronized Permits.Permit permit() {
        return permit;
    }

    /**
     * Makes one attempt, with a permit, and decides what follows. A caller is told of the end before the permit is
     * released, and so has it next.
     */
    private void work() {
        Permits.Permit used = permit();
        boolean continues = true;
        try {
            if (end.isRequested()) {
                finishEarly();
                return;
            }
            Optional<Attempt> begun = withLedgerRetry(this::begin);
            if (begun.isEmpty()) {
                awaitTurn();
                return;
            }
            Supervision supervision = new Supervision(
                    begun.get(), services.threads(), failure -> runPhase(() -> abandon(begun.get(), used, failure)));
            continues = supervision.run(end, context.options().timeout());
            if (continues) {
                decide(begun.get(), supervision.failure());
            }
        } finally {
            if (continues) {
                used.release();
            }
        }
    }

    /** Continues on another thread than that of the attempt, which may never return. */
    private void abandon(Attempt attempt, Permits.Permit used, Failure failure) {
        try {
            LOG.warn(
                    "Run {} of {}: attempt {} does not react and is abandoned; it cannot commit any more",
                    id(),
                    name(),
                    attempt.attempt());
            decide(attempt, Optional.of(failure));
        } finally {
            used.release();
        }
    }

    private void decide(Attempt ended, Optional<Failure> failure) {
        synchronized (this) {
            attemptInProgress = false;
        }
        services.logs().settleFailures(id(), failure.map(Failure::message).orElse(null));
        failure.ifPresent(why -> services.announcer().tell(RunEvent.attemptFailed(context, ended, why.message())));
        if (failure.isEmpty()) {
            finish(RunState.COMPLETED, null);
        } else if (end.isRequested()) {
            finishEarly();
        } else if (failure.get().permanent()
                || ended.retry() >= context.options().getRetries()) {
            finish(RunState.FAILED, failure.get().message());
        } else {
            if (draining) {
                drain(processEnds);
            }
            retryAfter(ended, failure.get());
        }
    }

    private void retryAfter(Attempt failed, Failure failure) {
        Duration delay = context.options().backoff().before(failed.retry(), failure.retryAfter());
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
        delay(delay, this::awaitPermit);
    }

    /** Begins an attempt; empty if the run has to wait for its turn. */
    private Optional<Attempt> begin() {
        Attempt begun;
        boolean first;
        synchronized (this) {
            Duration leaseDuration = services.leaseDuration();
            Optional<Lease> next = admitted
                    ? Optional.of(services.ledger().runs().begin(token(), leaseDuration))
                    : services.ledger()
                            .runs()
                            .admit(
                                    token(),
                                    name(),
                                    limit(),
                                    leaseDuration,
                                    services.announcer().observers());
            if (next.isEmpty()) {
                return Optional.empty();
            }
            first = !admitted;
            admitted = true;
            lease = services.lease(next.get());
            lastError = null;
            begun = new Attempt(
                    context,
                    lease,
                    end,
                    permit,
                    new Progress(lease.attempt(), services.ledger().clock()),
                    services.quotas());
            attempt = begun;
            attemptInProgress = true;
        }
        LOG.info("Run {} of {}: attempt {} started", id(), name(), begun.attempt());
        if (first) {
            services.announcer().begun(RunEvent.begun(context, begun));
        }
        return Optional.of(begun);
    }

    /** Saves what has changed in the steps of its attempt; if that fails, the next heartbeat will. */
    synchronized void saveChanges() {
        if (attemptInProgress && attempt.takeChanged()) {
            try {
                saveProgress();
            } catch (RuntimeException e) {
                LOG.debug("Progress of run {} could not be saved", id(), e);
            }
        }
    }

    /** Waits. An interrupt of this thread, which is the run's own, cancels the run, but does not shorten the wait. */
    private void pause(Duration duration) {
        Waiting.awaitUninterruptibly(
                new CompletableFuture<Void>(), duration, () -> cancel("its thread was interrupted"));
        if (Thread.interrupted()) {
            LOG.debug("Run {} was cancelled by an interrupt", id());
        }
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
        AtomicReference<RunRecord> ended = new AtomicReference<>();
        services.logs()
                .flush(
                        id(),
                        log -> withLedgerRetry(() -> {
                            Failpoint.hit("ledger.finish");
                            synchronized (this) {
                                // an attempt that failed before a retry is in the ledger already
                                AttemptRecord last =
                                        attempt == null || lastError != null ? null : attempt.record(state, error);
                                if (interrupted) {
                                    services.ledger().runs().interrupt(token(), error, last, log);
                                } else {
                                    ended.set(services.ledger()
                                            .runs()
                                            .finish(
                                                    token(),
                                                    state,
                                                    error,
                                                    last,
                                                    log,
                                                    services.announcer().receivers(name(), state)));
                                }
                            }
                        }));
        if (state == RunState.SKIPPED || state == RunState.CANCELLED) {
            LOG.warn("Run {} of {} {}: {}", id(), name(), state, error);
        } else if (error == null) {
            LOG.info("Run {} of {} {} at attempt {}", id(), name(), state, lease().attempt());
        } else {
            LOG.error("Run {} of {} {}: {}", id(), name(), state, error);
        }
        if (state == RunState.FAILED || state == RunState.CANCELLED) {
            // it can be continued elsewhere, and its log with it
            services.logs().flush();
        }
        if (ended.get() != null) {
            services.announcer().finished(ended.get());
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
                pause(Duration.ofSeconds(attempts));
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
            saveProgress();
        }
    }

    private void saveProgress() {
        AttemptRecord progress = attempt.record(RunState.RUNNING, null);
        services.ledger().runs().saveProgress(lease.token(), progress);
        attempt.saved(progress.loads());
    }
}
