package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Lease;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.StepRecord;
import dev.caravan.run.Run;
import dev.caravan.run.RunEndedException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.apache.camel.Exchange;

/**
 * One passage of an exchange through the whole route. This is what the parts of the route see as their {@link Run}; when
 * the attempt is over for whatever reason, it lets nothing pass any more.
 */
final class Attempt implements Run, Runnable {

    private final PipelineRun run;
    private final Lease lease;
    private final Places.Place place;
    private final Instant started;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final Map<String, StepProgress> steps = new ConcurrentHashMap<>();
    private final LongAdder rows = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final AbortHooks abortHooks = new AbortHooks();
    private volatile long leaseEnd;
    private volatile String ended;
    private volatile Throwable failure;
    private Thread thread;

    Attempt(PipelineRun run, Lease lease, Places.Place place, Instant started) {
        this.run = run;
        this.lease = lease;
        this.place = place;
        this.started = started;
        leaseRenewed();
    }

    @Override
    public void run() {
        synchronized (this) {
            thread = Thread.currentThread();
        }
        try {
            pass();
        } catch (Throwable e) {
            failure = e;
        } finally {
            if (failure != null) {
                FatalErrors.check(failure, "run " + id());
            }
            leave();
            abortHooks.end();
            done.complete(null);
        }
    }

    private synchronized void leave() {
        thread = null;
        // an interrupt that is still there has come too late to change anything; one that is not was swallowed
        if (ended != null && !Thread.interrupted() && failure == null) {
            failure = new RunEndedException(refusal());
        }
    }

    private void pass() throws Exception {
        PipelineConsumer consumer = run.consumer();
        Exchange exchange = consumer.createExchange(false);
        try {
            exchange.setProperty(PROPERTY, this);
            run.parameters().forEach(exchange::setVariable);
            ensureActive();
            consumer.getProcessor().process(exchange);
            if (exchange.getException() != null) {
                failure = exchange.getException();
            } else if (failure == null && exchange.isRollbackOnly()) {
                failure = new IllegalStateException("The route rolled its exchange back");
            }
        } finally {
            consumer.releaseExchange(exchange, false);
        }
    }

    /** Completes when the exchange has passed, well or not. */
    CompletableFuture<Void> done() {
        return done;
    }

    /** Why it failed, if it has. A failure that the route handled is one all the same. */
    Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /** Takes a failure that the route handled by itself, in a step or outside of any. */
    void handled(Throwable cause, String step) {
        FatalErrors.check(cause, "run " + id());
        if (failure == null) {
            failure = cause;
        }
        if (step != null && steps.containsKey(step)) {
            steps.get(step).failed(Errors.describe(cause));
        }
    }

    Places.Place place() {
        return place;
    }

    /** Where the run stands among those that wait for a place. */
    Places.Due due() {
        return run.due();
    }

    Lease lease() {
        return lease;
    }

    void leaseRenewed() {
        leaseEnd = System.nanoTime() + run.runner().lease().toNanos();
    }

    /** Interrupts the attempt, breaks off what it abortHooks, and lets it pass nothing any more. */
    synchronized void end(String reason) {
        if (ended == null) {
            ended = reason;
            if (thread != null) {
                thread.interrupt();
            }
            abortHooks.end();
        }
    }

    @Override
    public Registration onEnd(AutoCloseable abort) {
        return abortHooks.add(abort);
    }

    private String refusal() {
        return "Attempt " + attempt() + " of run " + id() + " may not go on: " + ended;
    }

    @Override
    public String id() {
        return lease.run();
    }

    @Override
    public String pipeline() {
        return run.consumer().getEndpoint().getName();
    }

    @Override
    public int attempt() {
        return lease.attempt();
    }

    /** The run that this one works for, if it was started from the route of another pipeline. */
    Optional<Run> caller() {
        return run.caller();
    }

    @Override
    public void addProgress(Exchange exchange, long addedRows, long addedBytes) {
        rows.add(addedRows);
        bytes.add(addedBytes);
        StepNames.current(exchange)
                .map(step -> steps.get(step.name()))
                .ifPresent(step -> step.add(addedRows, addedBytes));
    }

    @Override
    public boolean markCounted(String load, boolean committedEarlier) {
        return run.markCounted(load, committedEarlier);
    }

    @Override
    public Optional<String> step(Exchange exchange) {
        return StepNames.current(exchange).map(StepNames.Step::path);
    }

    @Override
    public void ensureActive() {
        if (ended != null || System.nanoTime() - leaseEnd > 0) {
            renewLease();
        }
    }

    @Override
    public void renewLease() {
        try {
            renew();
        } catch (RuntimeException e) {
            // counts, even if the route catches it
            handled(e, null);
            throw e;
        }
    }

    private void renew() {
        if (ended != null) {
            throw new RunEndedException(refusal());
        }
        switch (run.runner().ledger().runs().renew(lease, run.runner().lease())) {
            case HELD -> leaseRenewed();
            case CANCELLED -> {
                run.cancel("it was cancelled");
                throw new RunEndedException("Run " + id() + " may not go on: it was cancelled");
            }
            case LOST -> {
                RunEndedException lost = run.runner().ledger().runs().ended(id());
                run.lost(lost.getMessage());
                throw lost;
            }
        }
    }

    void stepStarted(String step) {
        steps.computeIfAbsent(step, id -> new StepProgress(id, run.runner().now()))
                .began();
        reportChange(step);
    }

    void stepEnded(String step, Throwable error) {
        StepProgress progress = steps.get(step);
        if (progress != null) {
            if (error != null) {
                progress.failed(Errors.describe(error));
            }
            progress.ended(run.runner().now());
            reportChange(step);
        }
    }

    /** The first beginning and end of a step are worth a word at once; what a loop repeats goes with the heartbeat. */
    private void reportChange(String step) {
        if (steps.get(step).executions() <= 1) {
            run.runner().report(this);
        }
    }

    /** What the ledger is told. */
    AttemptRecord record(RunState state, String error) {
        Instant finished = state == RunState.RUNNING ? null : run.runner().now();
        List<StepRecord> snapshot = steps.values().stream()
                .map(step -> step.record(state, finished))
                .toList();
        return new AttemptRecord(attempt(), state, rows.sum(), bytes.sum(), error, started, finished, snapshot);
    }
}
