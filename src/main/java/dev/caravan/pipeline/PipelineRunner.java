package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Lease;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
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
    private final Duration lease;
    private final Duration runRetention;
    private final Duration logRetention;
    private final Map<String, PipelineRun> active = new ConcurrentHashMap<>();
    private final AtomicLong pruned = new AtomicLong(System.nanoTime() - PRUNE_PAUSE.toNanos());

    PipelineRunner(
            Ledger ledger,
            RunLogs logs,
            ExecutorService threads,
            Duration lease,
            Duration runRetention,
            Duration logRetention) {
        this.ledger = ledger;
        this.logs = logs;
        this.threads = threads;
        this.lease = lease;
        this.runRetention = runRetention;
        this.logRetention = logRetention;
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
                .map(held -> new PipelineRun(this, consumer, held, parameters, caller, null));
    }

    /** Runs an ended run again, with its parameters. */
    RunRecord retry(PipelineConsumer consumer, RunRecord ended) {
        consumer.ensureStarted();
        Map<String, Object> parameters = values(consumer, ended.parameters());
        Lease held = ledger.runs().reopen(ended.id(), lease);
        return execute(new PipelineRun(this, consumer, held, parameters, null, ended));
    }

    private Map<String, Object> values(PipelineConsumer consumer, Map<String, String> given) {
        Clock clock = ledger.clock().withZone(consumer.getEndpoint().zone());
        return consumer.getEndpoint().parameters().resolve(given, clock);
    }

    /** Leads a run to its end. */
    RunRecord execute(PipelineRun run) {
        String id = run.id();
        active.put(id, run);
        boolean interrupted = false;
        try {
            logs.open(id);
            try {
                interrupted = RunLogs.of(id, run::execute);
            } finally {
                logs.close(id);
            }
            prune();
            return ledger.history().get(id);
        } finally {
            active.remove(id);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
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
                run.drain();
            }
        }
    }

    /** Ends all runs of a consumer, and waits until the ledger knows. */
    void stop(PipelineConsumer consumer) {
        stop(run -> run.consumer() == consumer);
    }

    /** Ends all runs, and waits until the ledger knows. */
    void stop() {
        stop(run -> true);
    }

    private void stop(Predicate<PipelineRun> which) {
        active.values().stream().filter(which).forEach(run -> run.cancel("Caravan was stopped"));
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

    /** Renews the leases of all runs: what hinders one is none of the others' business. */
    void beat() {
        for (PipelineRun run : active.values()) {
            try {
                run.beat();
            } catch (PermanentException e) {
                throw e; // hinders all of them
            } catch (RuntimeException e) {
                LOG.warn("The ledger could not be told of run {}: {}", run.id(), Errors.describe(e));
            }
        }
    }

    /** Logs the failures within an attempt other than the one that it failed with, which the run tells. */
    void logFailures(String id, String failure) {
        logs.failures().settle(id, failure);
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
