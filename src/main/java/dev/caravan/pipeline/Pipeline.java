package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.RunRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * A pipeline: its declaration in the routes and its state in the ledger.
 *
 * @param name as in {@code pipeline:NAME}
 * @param routeId the route that it begins
 * @param description the route's, or null
 * @param cron as written, or null if it runs on demand only
 * @param schedule the cron in English, or null
 * @param timeout the limit for one attempt, or null
 * @param lastSlot the last slot so far, or null
 * @param nextSlot the next slot, or null
 * @param missed slots without a run since the newest run or the end of the last pause, except those of the last minute; at
 *     most a thousand; 0 while it is paused, or if it has never run
 * @param version a hash of its route and those that it calls
 * @param runs its newest run in each state and all runs in progress, newest first
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

    /** Returns the newest run, or null. */
    public RunRecord lastRun() {
        return runs.isEmpty() ? null : runs.get(0);
    }
}
