package dev.caravan.pipeline.ledger;

/**
 * Whether a pipeline is paused.
 *
 * @param revision grows with every change, so that of two readings the later can be told
 */
public record Pause(boolean paused, long revision) {}
