package dev.caravan.pipeline.ledger;

import java.time.Instant;

/**
 * What a step did in one attempt. A step that ran several times, in a split for example, is one record from its first
 * beginning to its last end.
 *
 * @param id the id of the route's step
 * @param error why it failed, or null
 * @param finished when it ended, or null
 */
public record StepRecord(
        String id, RunState state, long rows, long bytes, String error, Instant started, Instant finished) {}
