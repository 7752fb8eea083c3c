package dev.caravan.pipeline.ledger;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A run as the ledger knows it.
 *
 * @param slot the instant of the cron that the run is for, or null
 * @param parameters by name, as text that parses to the same values again
 * @param attempts how many have begun
 * @param rows rows written to their destination, over all attempts
 * @param bytes bytes written on the way there, over all attempts
 * @param error what went wrong last, or null
 * @param node host:pid of the process that runs it or ran it
 * @param started when its first attempt began, the first of its last retry if it was retried; or null
 * @param finished when it ended, or null
 */
public record RunRecord(
        String id,
        String pipeline,
        Instant slot,
        Trigger trigger,
        Map<String, String> parameters,
        RunState state,
        int attempts,
        long rows,
        long bytes,
        String error,
        String node,
        Instant created,
        Instant started,
        Instant finished) {

    /** How long it has taken, from its first attempt to its end; empty if it never began or has not ended. */
    public Optional<Duration> duration() {
        // clocks can differ by a millisecond
        return started == null || finished == null
                ? Optional.empty()
                : Optional.of(finished.isBefore(started) ? Duration.ZERO : Duration.between(started, finished));
    }
}
