package dev.caravan.pipeline.ledger;

import java.time.Instant;

/**
 * A line that was logged for a run.
 *
 * @param seq counts from 1 within the run
 */
public record LogLine(long seq, Instant time, String level, String logger, String message) {}
