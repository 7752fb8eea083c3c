package dev.caravan.pipeline.ledger;

import dev.caravan.run.Load;
import java.time.Instant;
import java.util.List;

/**
 * One attempt of a run.
 *
 * @param attempt counts from 1
 * @param error why it failed, or null
 * @param finished when it ended, or null
 * @param steps in the order they began
 * @param loads that it has committed, or found committed by an earlier one
 */
public record AttemptRecord(
        int attempt,
        RunState state,
        long rows,
        long bytes,
        String error,
        Instant started,
        Instant finished,
        List<StepRecord> steps,
        List<Load> loads) {}
