package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.RunRecord;
import java.time.Instant;
import java.util.List;

/**
 * A pipeline as the routes declare it and the ledger knows it.
 *
 * @param name as in {@code pipeline:NAME}
 * @param routeId the route that it begins
 * @param description the route's, or null
 * @param cron as written, or null if it runs on demand only
 * @param schedule the cron in English, or null
 * @param lastSlot the last instant of the cron that has passed, or null
 * @param nextSlot the next instant of the cron, or null
 * @param lastRun or null
 */
public record Pipeline(
        String name,
        String routeId,
        String description,
        String cron,
        String schedule,
        String timeZone,
        List<String> tags,
        List<Parameter> parameters,
        Instant lastSlot,
        Instant nextSlot,
        boolean paused,
        RunRecord lastRun) {}
