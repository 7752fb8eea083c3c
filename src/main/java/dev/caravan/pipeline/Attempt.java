package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.AbortHooks;
import dev.caravan.run.Day;
import dev.caravan.run.Load;
import dev.caravan.run.Quota;
import dev.caravan.run.Run;
import dev.caravan.run.RunEndedException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One exchange on its way through the whole route. The nodes of the route see it as their {@link Run}; once it has ended
 * for whatever reason, it lets nothing continue.
 */
final class Attempt implements Run {

    private static final Logger LOG = LoggerFactory.getLogger(Attempt.class);

    private final RunContext context;
    private final RunLease lease;
    private final RunEnd end;
    private final Permits.Permit permit;
    private final Progress progress;
    private final Quotas quotas;
    private final AbortHooks abortHooks = new AbortHooks();
    private volatile String ended;
    private volatile Throwable failure;
    private Thread thread;

    /**
     * @param end the early end of the run: its request ends the attempt too
     */
    Attempt(RunContext context, RunLease lease, RunEnd end, Permits.Permit permit, Progress progress, Quotas quotas) {
        this.context = context;
        this.lease = lease;
        this.end = end;
        this.permit = permit;
        this.progress = progress;
        this.quotas = quotas;
        CompletableFuture<Void> unused = end.requested().thenAccept(request -> end(request.reason()));
    }

    /** Passes the route on this thread. */
    void run() {
        synchronized (this) {
            thread = Thread.currentThread();
        }
        try {
            processExchange();
        } catch (Throwable e) {
            failure = e;
        } finally {
            if (failure != null) {
                FatalErrors.check(failure, "run " + id());
            }
            releaseThread();
            abortHooks.end();
        }
    }

    private synchronized void releaseThread() {
        thread = null;
        // an interrupt that is still pending came too late to matter; one that is not was swallowed by the route
        if (!Thread.interrupted() && ended != null && failure == null) {
            failure = new RunEndedException(refusal());
        }
    }

    private void processExchange() throws Exception {
        PipelineConsumer pipeline = context.pipeline();
        Exchange exchange = pipeline.createExchange(false);
        try {
            exchange.setProperty(PROPERTY, this);
            setSlot(exchange);
            context.parameters().forEach(exchange::setVariable);
            ensureActive();
            pipeline.getProcessor().process(exchange);
            if (exchange.getException() != null) {
                failure = exchange.getException();
            } else if (failure == null && exchange.isRollbackOnly()) {
                failure = new IllegalStateException("The route rolled its exchange back");
            }
        } finally {
            pipeline.releaseExchange(exchange, false);
        }
    }

    /** Sets the interval that a run for a slot stands for: from its slot to the next one. */
    private void setSlot(Exchange exchange) {
        if (context.slot() != null) {
            exchange.setVariable("slot", context.slot());
            exchange.setVariable(
                    "slotEnd",
                    context.options()
                            .schedule()
                            .flatMap(schedule -> schedule.next(context.slot()))
                            .orElse(null));
        }
    }

    /** Why the attempt failed, if it has; a failure that the route handled counts too. */
    Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /**
     * Notes a failure that the route handled itself.
     *
     * @param step where, or null outside of any step
     */
    void handled(Throwable cause, String step) {
        FatalErrors.check(cause, "run " + id());
        if (failure == null) {
            failure = cause;
        }
        progress.stepFailed(step, Errors.describe(cause));
    }

    void stepStarted(String step) {
        progress.stepStarted(step);
    }

    void stepEnded(String step, Throwable error) {
        if (error != null) {
            progress.stepFailed(step, Errors.describe(error));
        }
        progress.stepEnded(step);
    }

    Permits.Permit permit() {
        return permit;
    }

    Permits.Due due() {
        return context.due();
    }

    /** The run that called this one from its route, if any. */
    Optional<Run> caller() {
        return Optional.ofNullable(context.caller());
    }

    /** Interrupts the attempt, aborts what it uses, and lets nothing of it continue. */
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
        return "Attempt " + attempt() + " of run " + id() + " cannot continue: " + ended;
    }

    @Override
    public String id() {
        return lease.run();
    }

    @Override
    public String pipeline() {
        return context.name();
    }

    @Override
    public int attempt() {
        return lease.attempt();
    }

    /** How many attempts the run has had before this one since it was created or reopened. */
    int retry() {
        return lease.retry();
    }

    @Override
    public void addProgress(Exchange exchange, long addedRows, long addedBytes) {
        progress.add(StepNames.current(exchange).map(StepNames.Step::name).orElse(null), addedRows, addedBytes);
    }

    @Override
    public void heard(Quota quota) {
        quotas.heard(quota);
    }

    @Override
    public void report(Collection<Day> days) {
        try {
            context.options().getComponent().ledger().days().save(pipeline(), id(), days);
        } catch (RuntimeException e) {
            LOG.warn("What is known of {} days could not be recorded: {}", days.size(), Errors.describe(e));
        }
    }

    @Override
    public boolean markCounted(String load, boolean committedEarlier) {
        return context.markCounted(load, committedEarlier);
    }

    @Override
    public void loaded(Load load) {
        progress.loaded(load);
    }

    @Override
    public Optional<String> step(Exchange exchange) {
        return StepNames.current(exchange).map(StepNames.Step::path);
    }

    @Override
    public void ensureActive() {
        if (ended != null || !lease.isValid()) {
            renewLease();
        }
    }

    @Override
    public void renewLease() {
        try {
            if (ended != null || !lease.renew(end)) {
                throw new RunEndedException(refusal());
            }
        } catch (RuntimeException e) {
            // fails the attempt even if the route catches it
            handled(e, null);
            throw e;
        }
    }

    /** Whether its steps have changed since this was asked last. */
    boolean takeChanged() {
        return progress.takeChanged();
    }

    /** Notes that the ledger has these loads. */
    void saved(List<Load> loads) {
        progress.saved(loads.size());
    }

    /** The attempt as the ledger stores it. */
    AttemptRecord record(RunState state, String error) {
        return progress.record(state, error);
    }
}
