package dev.caravan.pipeline.ledger;

import java.time.Duration;
import java.time.Instant;

/**
 * A process that runs pipelines.
 *
 * @param name host:pid
 * @param service whether it runs pipelines on their schedules, and what was requested; otherwise only its own runs
 * @param running whether it is alive, as far as the ledger knows
 * @param version the version of Caravan, or null
 * @param runs how many runs it executes
 * @param waiting how many of its runs wait
 * @param places how many runs it executes at a time; 0 if it is not a service
 * @param seen its last heartbeat
 * @param clock how far its clock is ahead of the ledger's
 */
public record Node(
        String name,
        boolean service,
        boolean running,
        String version,
        int runs,
        int waiting,
        int places,
        Instant started,
        Instant seen,
        Duration clock) {}
