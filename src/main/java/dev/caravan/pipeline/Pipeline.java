package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.RunRecord;
import java.time.Duration;
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
 * @param timeout how long one attempt may take, or null for as long as it needs
 * @param lastSlot the last instant of the cron that has passed, or null
 * @param nextSlot the next instant of the cron, or null
 * @param missed slots that no run was made for: those since the newest run, or the end of the last pause, but for the last
 *     minute's, and no more than a thousand; none while it is paused, or if it has never run
 * @param version of its route and of those that it calls: another one whenever their files change
 * @param runs its newest run in each state and all that are under way, the newest first
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
        Duration timeout,
        Instant lastSlot,
        Instant nextSlot,
        boolean paused,
        List<Instant> missed,
        String version,
        List<RunRecord> runs) {

    /** The newest run, or null. */
    public RunRecord lastRun() {
        return runs.isEmpty() ? null : runs.get(0);
    }
}
