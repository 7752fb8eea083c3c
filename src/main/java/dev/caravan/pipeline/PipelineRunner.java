package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Lease;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.Failpoint;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.UsageException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs pipelines in this process, and knows the runs that are under way here. */
final class PipelineRunner {

    private static final Logger LOG = LoggerFactory.getLogger(PipelineRunner.class);

    private static final Duration STOP_PATIENCE = Duration.ofSeconds(10);
    private static final Duration PRUNE_PAUSE = Duration.ofHours(1);

    private final Ledger ledger;
    private final RunLogs logs;
    private final ExecutorService threads;
    private final ScheduledExecutorService books;
    private final Places places;
    private final Duration lease;
    private final Duration runRetention;
    private final Duration logRetention;
    private final Map<String, PipelineRun> active = new ConcurrentHashMap<>();
    private final AtomicLong pruned = new AtomicLong(System.nanoTime() - PRUNE_PAUSE.toNanos());

    PipelineRunner(
            Ledger ledger,
            RunLogs logs,
            ExecutorService threads,
            ScheduledExecutorService books,
            Places places,
            Duration lease,
            Duration runRetention,
            Duration logRetention) {
        this.ledger = ledger;
        this.logs = logs;
        this.threads = threads;
        this.books = books;
        this.places = places;
        this.lease = lease;
        this.runRetention = runRetention;
        this.logRetention = logRetention;
        ledger.runs().excludeFromReaping(active::containsKey);
    }

    /** For runs at work, and their attempts. */
    ExecutorService threads() {
        return threads;
    }

    /** A few threads for what is quick: mostly a word with the ledger. */
    ScheduledExecutorService books() {
        return books;
    }

    Places places() {
        return places;
    }

    Ledger ledger() {
        return ledger;
    }

    Duration lease() {
        return lease;
    }

    Instant now() {
        return ledger.clock().instant();
    }

    /**
     * Writes down a run that is to be executed then.
     *
     * @param slot or null
     * @param caller the run whose route asks for it, or null
     * @return empty if the slot has its run already
     */
    Optional<PipelineRun> create(
            PipelineConsumer consumer, Instant slot, Trigger trigger, Map<String, String> given, Run caller) {
        consumer.ensureStarted();
        Map<String, Object> parameters = values(consumer, given);
        return ledger.runs()
                .create(consumer.getEndpoint().getName(), slot, trigger, Parameters.text(parameters), lease)
                .map(held -> new PipelineRun(
                        this, consumer, held, parameters, slot == null ? now() : slot, caller, null, false));
    }

    /** Runs an ended run again, with its parameters. */
    RunRecord retry(PipelineConsumer consumer, RunRecord ended) {
        consumer.ensureStarted();
        if (!ended.state().live() && active.containsKey(ended.id())) {
            throw new UsageException(
                    "Run " + ended.id() + " is still being ended in this process: retry it in a few seconds");
        }
        Map<String, Object> parameters = values(consumer, ended.parameters());
        Lease held = ledger.runs().reopen(ended.id(), lease);
        return execute(new PipelineRun(this, consumer, held, parameters, now(), null, ended, false));
    }

    /**
     * Takes up the runs that have ended with their process, as a further attempt each, as far as their pipelines run here
     * and their retries are not used up.
     */
    void takeUp(Map<String, PipelineConsumer> consumers) {
        for (RunRecord interrupted : ledger.history().interrupted()) {
            PipelineConsumer consumer = consumers.get(interrupted.pipeline());
            if (consumer != null
                    // one that was lost may still be ending here
                    && !active.containsKey(interrupted.id())
                    && consumer.isStarted()
                    && !consumer.pauseSwitch().paused()) {
                takeUp(consumer, interrupted);
            }
        }
    }

    private void takeUp(PipelineConsumer consumer, RunRecord interrupted) {
        PipelineEndpoint options = consumer.getEndpoint();
        if (interrupted.attempts() > options.getRetries()) {
            LOG.error(
                    "Run {} of {} stays {}: its process ended in the last of its {} attempts",
                    interrupted.id(),
                    interrupted.pipeline(),
                    interrupted.state(),
                    interrupted.attempts());
            ledger.runs().leave(interrupted.id());
            return;
        }
        Map<String, Object> parameters;
        try {
            parameters = values(consumer, interrupted.parameters());
        } catch (UsageException e) {
            LOG.error("Run {} cannot be taken up: {}", interrupted.id(), e.getMessage());
            ledger.runs().leave(interrupted.id());
            return;
        }
        ledger.runs()
                .takeOver(interrupted, options.getMaxConcurrentRuns(), lease)
                .ifPresent(held -> {
                    LOG.info(
                            "Run {} of {} is taken up: {}",
                            interrupted.id(),
                            interrupted.pipeline(),
                            interrupted.error());
                    PipelineRun run = new PipelineRun(
                            this, consumer, held, parameters, interrupted.slot(), null, interrupted, true);
                    books.execute(() -> start(run));
                });
    }

    private Map<String, Object> values(PipelineConsumer consumer, Map<String, String> given) {
        Clock clock = ledger.clock().withZone(consumer.getEndpoint().zone());
        return consumer.getEndpoint().parameters().resolve(given, clock);
    }

    /** Leads a run to its end. A run that calls it from its route gives its place back meanwhile. */
    RunRecord execute(PipelineRun run) {
        begin(run);
        Optional<Places.Place> callers =
                run.caller().map(caller -> caller instanceof Attempt attempt ? attempt.place() : null);
        callers.ifPresent(Places.Place::callBegins);
        try {
            await(run);
        } finally {
            callers.ifPresent(Places.Place::callEnds);
        }
        return ledger.history().get(run.id());
    }

    /** Lets a run go its way. */
    void start(PipelineRun run) {
        begin(run);
        CompletableFuture<Void> unused = run.over().whenComplete((over, error) -> {
            if (error != null) {
                LOG.error(
                        "Run {} of {} has no end: {}", run.id(), run.consumer().name(), Errors.describe(error));
            }
        });
    }

    private void begin(PipelineRun run) {
        active.put(run.id(), run);
        logs.open(run.id());
        run.start();
    }

    /** Waits for the end of a run. An interrupt of this thread cancels the run, but does not shorten the wait. */
    private static void await(PipelineRun run) {
        boolean interrupted = false;
        while (true) {
            try {
                run.over().get();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
                run.cancel("the thread that waited for it was interrupted");
            } catch (ExecutionException e) {
                throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Lets go of a run.
     *
     * @param error why the ledger could not be told of its end, or null
     */
    void over(PipelineRun run, RuntimeException error) {
        logs.close(run.id());
        active.remove(run.id());
        prune();
        if (error == null) {
            run.over().complete(null);
        } else {
            run.over().completeExceptionally(error);
        }
    }

    private void prune() {
        long now = System.nanoTime();
        long last = pruned.get();
        if (now - last < PRUNE_PAUSE.toNanos() || !pruned.compareAndSet(last, now)) {
            return;
        }
        try {
            ledger.prune(runRetention, logRetention);
        } catch (RuntimeException e) {
            LOG.warn("Old runs could not be removed from the ledger: {}", Errors.describe(e));
        }
    }

    void execute(Attempt attempt) {
        threads.execute(attempt);
    }

    /** Tells the ledger how far an attempt has come; if it cannot, the next heartbeat will. */
    void report(Attempt attempt) {
        try {
            ledger.runs().report(attempt.lease(), attempt.record(RunState.RUNNING, null));
        } catch (RuntimeException e) {
            LOG.debug("Progress of run {} could not be reported", attempt.id(), e);
        }
    }

    /** Whether a run is under way in this process; then it is ended as soon as possible. */
    void cancel(String id, String reason) {
        PipelineRun run = active.get(id);
        if (run != null) {
            run.cancel(reason);
        }
    }

    /** Ends what only waits; an attempt that is at work may go on, but no other follows. */
    void drain(PipelineConsumer consumer) {
        for (PipelineRun run : active.values()) {
            if (run.consumer() == consumer) {
                run.drain(ending(consumer));
            }
        }
    }

    private static boolean ending(PipelineConsumer consumer) {
        return consumer.getEndpoint().getCamelContext().isStopping();
    }

    /** Ends all runs of a consumer, and waits until the ledger knows. */
    void stop(PipelineConsumer consumer) {
        // when the process ends, one does not wait for the other
        stop(run -> run.consumer() == consumer || ending(consumer), run -> run.consumer() == consumer);
    }

    /** Ends all runs, and waits until the ledger knows. */
    void stop() {
        stop(run -> true, run -> true);
    }

    private void stop(Predicate<PipelineRun> ended, Predicate<PipelineRun> which) {
        active.values().stream().filter(ended).forEach(run -> run.stop(ending(run.consumer())));
        long deadline = System.nanoTime() + STOP_PATIENCE.toNanos();
        boolean interrupted = false;
        while (active.values().stream().anyMatch(which) && System.nanoTime() < deadline) {
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                // a shutdown that is in a hurry still gets a ledger that tells the truth
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    int active(PipelineConsumer consumer) {
        return (int) active.values().stream()
                .filter(run -> run.consumer() == consumer)
                .count();
    }

    /** Renews the leases of all runs: those that wait together; of the others, what hinders one does not hinder the rest. */
    void beat() {
        Failpoint.hit("ledger.beat");
        Set<String> renewed = renewWaiting();
        for (PipelineRun run : active.values()) {
            try {
                if (!renewed.contains(run.id()) || !run.waiting()) {
                    run.beat();
                }
            } catch (PermanentException e) {
                throw e; // hinders all of them
            } catch (RuntimeException e) {
                LOG.warn("The ledger could not be told of run {}: {}", run.id(), Errors.describe(e));
            }
        }
    }

    /** Logs the failures within an attempt other than the one that it failed with, which the run tells. */
    void logFailures(String id, String failure) {
        logs.settleFailures(id, failure);
    }

    private Set<String> renewWaiting() {
        List<Lease> waiting = active.values().stream()
                .filter(PipelineRun::waiting)
                .map(PipelineRun::lease)
                .toList();
        try {
            return ledger.runs().renew(waiting, lease);
        } catch (PermanentException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.warn("The ledger could not be told of {} runs that wait: {}", waiting.size(), Errors.describe(e));
            return Set.of();
        }
    }

    /** Writes what a run has logged so far to the ledger. */
    void flushLog(String id) {
        logs.flush(id);
    }

    /** Ends the runs that somebody wants to end, in this process or another. */
    void heedCancelRequests() {
        if (!active.isEmpty()) {
            Set<String> requests = ledger.runs().cancelRequests();
            requests.forEach(id -> cancel(id, "it was cancelled"));
        }
    }
}
