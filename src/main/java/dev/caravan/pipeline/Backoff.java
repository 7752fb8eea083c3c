package dev.caravan.pipeline;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before an attempt is repeated.
 *
 * @param delay before the first repetition
 * @param factor by which it grows from one to the next
 * @param cap the longest delay, before jitter
 * @param jitter how far a delay strays at random, as a part of it: 0.5 is from half to one and a half times
 */
record Backoff(Duration delay, double factor, Duration cap, double jitter) {

    private static final Duration LONGEST = Duration.ofDays(1);

    /**
     * @param retry counts from 0
     * @param retryAfter what the other side asked for, or null; it is obeyed, but for no longer than a day
     */
    Duration before(int retry, Duration retryAfter) {
        if (retryAfter != null) {
            return retryAfter.compareTo(LONGEST) < 0 ? retryAfter : LONGEST;
        }
        double millis = Math.min(delay.toMillis() * Math.pow(factor, retry), (double) cap.toMillis());
        double stray = 1 + jitter * ThreadLocalRandom.current().nextDouble(-1, 1);
        return Duration.ofMillis(Math.round(millis * stray));
    }
}
