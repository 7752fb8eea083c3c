package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** The progress of an attempt and its steps. */
final class Progress {

    private final int attempt;
    private final Clock clock;
    private final Consumer<AttemptRecord> save;
    private final Instant started;
    private final Map<String, StepProgress> steps = new ConcurrentHashMap<>();
    private final LongAdder rows = new LongAdder();
    private final LongAdder bytes = new LongAdder();

    /**
     * @param save saves the progress when a step starts or ends for the first time; what a loop repeats is saved with the
     *     heartbeat
     */
    Progress(int attempt, Clock clock, Consumer<AttemptRecord> save) {
        this.attempt = attempt;
        this.clock = clock;
        this.save = save;
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
        saveFirst(step);
    }

    void stepFailed(String step, String error) {
        if (step != null && steps.containsKey(step)) {
            steps.get(step).failed(error);
        }
    }

    void stepEnded(String step) {
        if (steps.containsKey(step)) {
            steps.get(step).ended(clock.instant());
            saveFirst(step);
        }
    }

    private void saveFirst(String step) {
        if (steps.get(step).executions() <= 1) {
            save.accept(record(RunState.RUNNING, null));
        }
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
