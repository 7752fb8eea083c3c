package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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

    /** The attempt as the ledger stores it. */
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
                        .toList());
    }
}
