package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.Load;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/** The progress of an attempt and its steps. */
final class Progress {

    private final int attempt;
    private final Clock clock;
    private final Instant started;
    private final Map<String, StepProgress> steps = new ConcurrentHashMap<>();
    private final LongAdder rows = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final Queue<Load> loads = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean changed = new AtomicBoolean();

    Progress(int attempt, Clock clock) {
        this.attempt = attempt;
        this.clock = clock;
        this.started = clock.instant();
    }

    /**
     * @param step null outside of any step
     */
    void add(String step, long addedRows, long addedBytes) {
        rows.add(addedRows);
        bytes.add(addedBytes);
        if (step != null && steps.containsKey(step)) {
            steps.get(step).add(addedRows, addedBytes);
        }
    }

    void loaded(Load load) {
        loads.add(load);
    }

    /** Forgets the loads that the ledger has, the first ones: an attempt can have very many. */
    void saved(int count) {
        for (int i = 0; i < count; i++) {
            loads.remove();
        }
    }

    void stepStarted(String step) {
        steps.computeIfAbsent(step, id -> new StepProgress(id, clock.instant())).started();
        noteFirst(step);
    }

    void stepFailed(String step, String error) {
        if (step != null && steps.containsKey(step)) {
            steps.get(step).failed(error);
        }
    }

    void stepEnded(String step) {
        if (steps.containsKey(step)) {
            steps.get(step).ended(clock.instant());
            noteFirst(step);
        }
    }

    private void noteFirst(String step) {
        if (steps.get(step).executions() <= 1) {
            changed.set(true);
        }
    }

    /**
     * Whether a step has started or ended for the first time since this was asked last: that is saved soon, what a loop
     * repeats with the heartbeat.
     */
    boolean takeChanged() {
        return changed.getAndSet(false);
    }

    /** The attempt as the ledger stores it, with the loads that the ledger does not have. */
    AttemptRecord record(RunState state, String error) {
        Instant finished = state == RunState.RUNNING ? null : clock.instant();
        return new AttemptRecord(
                attempt,
                state,
                rows.sum(),
                bytes.sum(),
                error,
                started,
                finished,
                steps.values().stream()
                        .map(step -> step.record(state, finished))
                        .toList(),
                List.copyOf(loads));
    }
}
