package dev.caravan.pipeline;

import dev.caravan.pipeline.RunContext.Origin;
import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Lease;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.pipeline.ledger.WaitingRuns;
import dev.caravan.run.Preview;
import dev.caravan.run.Run;
import dev.caravan.run.UsageException;
import dev.caravan.run.Waiting;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates and starts the runs of this process, and ends them when it stops. */
final class PipelineRunner {

    private static final Logger LOG = LoggerFactory.getLogger(PipelineRunner.class);

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

    private final RunServices services;
    private final Retention retention;
    private final Map<String, PipelineRun> active = new ConcurrentHashMap<>();
    private volatile boolean hasRun;

    PipelineRunner(RunServices services, Retention retention) {
        this.services = services;
        this.retention = retention;
        services.ledger().leases().excludeFromReaping(active::containsKey);
    }

    /** The active runs of this process. */
    Collection<PipelineRun> active() {
        return active.values();
    }

    /** Whether this process has begun a run. */
    boolean hasRun() {
        return hasRun;
    }

    /** How many more runs could work now. */
    int freePlaces() {
        return services.permits().free();
    }

    /** Whether a run is active in this process, but has not begun yet, for which it needs a place. */
    boolean waitsForPlace(String run) {
        PipelineRun its = active.get(run);
        return its != null && !its.hasBegun() && !its.waitsForTurn();
    }

    boolean isActive(String run) {
        return active.containsKey(run);
    }

    /**
     * Creates a run in the ledger.
     *
     * @param caller the run whose route calls it, or null
     */
    PipelineRun create(PipelineConsumer pipeline, Trigger trigger, Map<String, String> given, Run caller) {
        pipeline.ensureStarted();
        Map<String, Object> parameters = resolve(pipeline, given);
        Lease lease = services.ledger()
                .runs()
                .create(pipeline.name(), null, trigger, Parameters.text(parameters), services.leaseDuration())
                .orElseThrow();
        Permits.Due due = caller instanceof Attempt attempt ? attempt.due().calls(lease.run()) : due(lease, now());
        return new PipelineRun(
                services, new RunContext(pipeline, parameters, null, caller, due, Origin.NEW, null), lease);
    }

    /**
     * Passes the route once, without a run.
     *
     * @throws Exception if the route fails
     */
    void preview(PipelineConsumer pipeline, Map<String, String> given, Preview preview) throws Exception {
        pipeline.ensureStarted();
        Map<String, Object> parameters = resolve(pipeline, given);
        Exchange exchange = pipeline.createExchange(false);
        try {
            exchange.setProperty(Preview.PROPERTY, preview);
            parameters.forEach(exchange::setVariable);
            pipeline.getProcessor().process(exchange);
            if (exchange.getException() != null) {
                throw exchange.getException();
            }
        } finally {
            pipeline.releaseExchange(exchange, false);
        }
    }

    /**
     * Creates the runs of a slot in the ledger and starts them, all of them or, if the ledger does not answer, none.
     *
     * @return the pipelines whose slot has its run already
     */
    Collection<PipelineConsumer> startAll(Instant slot, Collection<PipelineConsumer> pipelines) {
        Map<String, PipelineConsumer> taken = new TreeMap<>();
        SortedMap<String, Map<String, Object>> parameters = new TreeMap<>();
        SortedMap<String, Map<String, String>> texts = new TreeMap<>();
        for (PipelineConsumer pipeline : pipelines) {
            try {
                pipeline.ensureStarted();
                Map<String, Object> resolved = resolve(pipeline, Map.of());
                parameters.put(pipeline.name(), resolved);
                texts.put(pipeline.name(), Parameters.text(resolved));
                taken.put(pipeline.name(), pipeline);
            } catch (UsageException e) {
                LOG.error("Pipeline {} could not run for slot {}: {}", pipeline.name(), slot, e.getMessage());
            }
        }
        if (texts.isEmpty()) {
            return List.of();
        }
        services.ledger()
                .runs()
                .createAll(slot, texts, services.leaseDuration())
                .forEach((name, created) -> {
                    RunContext context = new RunContext(
                            taken.remove(name),
                            parameters.get(name),
                            slot,
                            null,
                            due(created.lease(), slot),
                            Origin.NEW,
                            null);
                    start(new PipelineRun(services, context, created.lease()), created.alone());
                });
        return taken.values();
    }

    /** Runs an ended run again, with its parameters. */
    RunRecord retry(PipelineConsumer pipeline, RunRecord ended) {
        return execute(reopen(pipeline, ended));
    }

    private PipelineRun reopen(PipelineConsumer pipeline, RunRecord ended) {
        pipeline.ensureStarted();
        if (!ended.state().live() && isActive(ended.id())) {
            throw new UsageException(
                    "Run " + ended.id() + " is still being ended in this process: retry it in a few seconds");
        }
        Map<String, Object> parameters = resolve(pipeline, ended.parameters());
        Lease lease = services.ledger().runs().reopen(ended.id(), services.leaseDuration());
        return new PipelineRun(
                services,
                new RunContext(pipeline, parameters, ended.slot(), null, due(lease, now()), Origin.REOPENED, ended),
                lease);
    }

    /** Continues an interrupted run as one of this process, if no other process was faster. */
    void takeOver(PipelineConsumer pipeline, RunRecord interrupted) {
        Map<String, Object> parameters = resolve(pipeline, interrupted.parameters());
        services.ledger()
                .runs()
                .takeOver(interrupted, pipeline.getEndpoint().getMaxConcurrentRuns(), services.leaseDuration())
                .ifPresent(lease -> {
                    LOG.info(
                            "Run {} of {} is taken over: {}",
                            interrupted.id(),
                            interrupted.pipeline(),
                            interrupted.error());
                    RunContext context = new RunContext(
                            pipeline,
                            parameters,
                            interrupted.slot(),
                            null,
                            due(lease, interrupted),
                            Origin.TAKEN_OVER,
                            interrupted);
                    PipelineRun run = new PipelineRun(services, context, lease);
                    services.scheduler().execute(() -> start(run, false));
                });
    }

    /** Starts a run that waited. */
    void startClaimed(PipelineConsumer pipeline, WaitingRuns.Claimed claimed) {
        Map<String, Object> parameters = resolve(pipeline, claimed.run().parameters());
        RunContext context = new RunContext(
                pipeline,
                parameters,
                claimed.run().slot(),
                null,
                due(claimed.lease(), claimed.run()),
                Origin.CLAIMED,
                claimed.run());
        PipelineRun run = new PipelineRun(services, context, claimed.lease());
        active.put(run.id(), run);
        services.scheduler().execute(() -> start(run, false));
    }

    private static Permits.Due due(Lease lease, RunRecord run) {
        return due(lease, run.slot() == null ? run.created() : run.slot());
    }

    private static Permits.Due due(Lease lease, Instant since) {
        return new Permits.Due(since, lease.run(), lease.run());
    }

    private Instant now() {
        return services.ledger().clock().instant();
    }

    /** Returns the parameters of a run as the ledger stores them. */
    Map<String, String> text(PipelineConsumer pipeline, Map<String, String> given) {
        return Parameters.text(resolve(pipeline, given));
    }

    private Map<String, Object> resolve(PipelineConsumer pipeline, Map<String, String> given) {
        Clock clock = services.ledger().clock().withZone(pipeline.getEndpoint().zone());
        return pipeline.getEndpoint().parameters().resolve(given, clock);
    }

    /** Runs to the end. A caller in the route of another run gives up its permit meanwhile. */
    RunRecord execute(PipelineRun run) {
        CompletableFuture<Void> over = begin(run, false);
        Optional<Permits.Permit> callers =
                Optional.ofNullable(run.caller() instanceof Attempt attempt ? attempt.permit() : null);
        CompletableFuture<Void> regained = over.handle((end, error) -> callers.map(Permits.Permit::resume))
                .thenCompose(resumed -> resumed.orElseGet(() -> CompletableFuture.completedFuture(null)));
        callers.ifPresent(Permits.Permit::suspend);
        Waiting.awaitUninterruptibly(over, null, () -> run.cancel("the thread that waited for it was interrupted"));
        // an interrupt means that the caller's attempt was ended: it needs no permit
        Waiting.awaitUninterruptibly(regained, null, () -> callers.ifPresent(Permits.Permit::release));
        try {
            over.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
        }
        services.logs().flush();
        return services.ledger().history().get(run.id());
    }

    /** Starts a run, without waiting for its end. */
    private void start(PipelineRun run, boolean hasTurn) {
        CompletableFuture<Void> unused = begin(run, hasTurn).whenComplete((over, error) -> {
            if (error != null) {
                LOG.error(
                        "Run {} of {} could not be continued here, because the ledger failed; it counts as crashed when its"
                                + " lease expires: {}",
                        run.id(),
                        run.pipeline().name(),
                        Errors.describe(error));
            }
        });
    }

    private CompletableFuture<Void> begin(PipelineRun run, boolean hasTurn) {
        hasRun = true;
        active.put(run.id(), run);
        try {
            services.logs().open(run.id(), run.isContinued());
        } catch (RuntimeException e) {
            // without an entry among the active runs its lease expires, and it is taken over
            active.remove(run.id());
            return CompletableFuture.failedFuture(e);
        }
        return run.start(hasTurn).whenComplete((over, error) -> {
            services.logs().close(run.id());
            services.quotas().save();
            active.remove(run.id());
            retention.applyIfDue();
        });
    }

    /** Ends a run as soon as possible, if it is active in this process. */
    void cancel(String id, String reason) {
        PipelineRun run = active.get(id);
        if (run != null) {
            run.cancel(reason);
        }
    }

    /** Saves what has changed in the steps of the active runs, and what they have heard. */
    void saveChanges() {
        services.quotas().save();
        active.values().forEach(PipelineRun::saveChanges);
    }

    /** Cancels the active runs whose cancellation was requested through the ledger. */
    void applyCancelRequests() {
        if (!active.isEmpty()) {
            services.ledger().runs().cancelRequests().forEach(id -> cancel(id, RunEnd.CANCELLED));
        }
    }

    /** Ends the waiting runs of a pipeline; an attempt in progress can finish, but no other follows. */
    void drain(PipelineConsumer pipeline) {
        for (PipelineRun run : active.values()) {
            if (run.pipeline() == pipeline) {
                run.drain(pipeline.isProcessEnding());
            }
        }
    }

    /** Ends all runs of a pipeline, and waits until the ledger has their ends. */
    void stop(PipelineConsumer pipeline) {
        // when the process ends, all end at once
        stop(run -> run.pipeline() == pipeline || pipeline.isProcessEnding(), run -> run.pipeline() == pipeline);
    }

    /** Ends all runs, and waits until the ledger has their ends. */
    void stop() {
        stop(run -> true, run -> true);
    }

    private void stop(Predicate<PipelineRun> ended, Predicate<PipelineRun> awaited) {
        active.values().stream()
                .filter(ended)
                .forEach(run -> run.stop(run.pipeline().isProcessEnding()));
        long deadline = System.nanoTime() + STOP_TIMEOUT.toNanos();
        boolean interrupted = false;
        while (active.values().stream().anyMatch(awaited) && System.nanoTime() < deadline) {
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                // the ledger must be right even after a hurried shutdown
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    int countActive(PipelineConsumer pipeline) {
        return (int) active.values().stream()
                .filter(run -> run.pipeline() == pipeline)
                .count();
    }
}
