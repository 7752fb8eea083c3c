package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.StepRecord;
import java.time.Instant;

/** The progress of a step of an attempt. A step can run several times, also concurrently. */
final class StepProgress {

    private final String id;
    private final Instant started;
    private Instant finished;
    private String error;
    private long executions;
    private int active;
    private long rows;
    private long bytes;

    StepProgress(String id, Instant started) {
        this.id = id;
        this.started = started;
    }

    synchronized void started() {
        executions++;
        active++;
    }

    synchronized void ended(Instant at) {
        active--;
        finished = at;
    }

    synchronized void failed(String failure) {
        error = failure;
    }

    synchronized void add(long addedRows, long addedBytes) {
        rows += addedRows;
        bytes += addedBytes;
    }

    synchronized long executions() {
        return executions;
    }

    /**
     * @param attempt the state of its attempt, which is that of a step that has not ended
     */
    synchronized StepRecord record(RunState attempt, Instant attemptFinished) {
        boolean open = active > 0;
        RunState state = error != null ? RunState.FAILED : open ? attempt : RunState.COMPLETED;
        return new StepRecord(id, state, rows, bytes, error, started, open ? attemptFinished : finished);
    }
}
