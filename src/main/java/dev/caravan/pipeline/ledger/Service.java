package dev.caravan.pipeline.ledger;

import java.time.Instant;
import java.util.Map;

/**
 * A process that runs pipelines on their schedules, or did.
 *
 * @param node host:pid
 * @param started when it began to
 * @param seen when it last gave a sign of life, or was stopped
 * @param running whether it still runs
 * @param versions the pipelines that it runs, each with the version of its route
 */
public record Service(String node, Instant started, Instant seen, boolean running, Map<String, String> versions) {}
