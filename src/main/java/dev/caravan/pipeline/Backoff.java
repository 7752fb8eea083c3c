package dev.caravan.pipeline;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The delay before each retry.
 *
 * @param delay before the first retry
 * @param factor multiplies the delay at each further retry
 * @param cap the longest delay, before jitter
 * @param jitter random variation of the delay, as a fraction: with 0.5, from half to one and a half times
 */
record Backoff(Duration delay, double factor, Duration cap, double jitter) {

    private static final Duration LONGEST = Duration.ofDays(1);

    /**
     * @param retry counts from 0
     * @param retryAfter the delay that the server requested, or null; respected up to one day
     */
    Duration before(int retry, Duration retryAfter) {
        if (retryAfter != null) {
            return retryAfter.compareTo(LONGEST) < 0 ? retryAfter : LONGEST;
        }
        double millis = Math.min(delay.toMillis() * Math.pow(factor, retry), (double) cap.toMillis());
        double variation = 1 + jitter * ThreadLocalRandom.current().nextDouble(-1, 1);
        return Duration.ofMillis(Math.round(millis * variation));
    }
}
