package dev.caravan.pipeline.ledger;

import java.time.Duration;
import java.time.Instant;

/**
 * What the runs of a pipeline that have ended in a state amount to, since the ledger exists. The numbers never decrease. A run
 * that is retried ends again, and counts again; of its attempts only the further ones do.
 *
 * @param runs how often a run has ended
 * @param begun how many of these have made an attempt
 * @param attempts the attempts
 * @param rows the rows loaded
 * @param bytes the bytes loaded
 * @param duration how long the runs have taken, from the first attempt to the end
 * @param slots how many of those that have begun were for a slot; without retries
 * @param lateness how long after their slots these have begun
 * @param lastEnd when a run last ended
 */
public record RunTotal(
        String pipeline,
        RunState state,
        long runs,
        long begun,
        long attempts,
        long rows,
        long bytes,
        Duration duration,
        long slots,
        Duration lateness,
        Instant lastEnd) {

    /** Returns both together, in the state of this one. */
    public RunTotal plus(RunTotal other) {
        return new RunTotal(
                pipeline,
                state,
                runs + other.runs,
                begun + other.begun,
                attempts + other.attempts,
                rows + other.rows,
                bytes + other.bytes,
                duration.plus(other.duration),
                slots + other.slots,
                lateness.plus(other.lateness),
                lastEnd.isAfter(other.lastEnd) ? lastEnd : other.lastEnd);
    }
}
