package dev.caravan.api;

import dev.caravan.run.Run;
import dev.caravan.run.RunEndedException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Spaces the requests of all pipelines to one API, and holds them back while the API wants to be left alone. */
final class RateLimit {

    private static final long CANCEL_CHECK_INTERVAL = TimeUnit.MILLISECONDS.toNanos(500);

    private final long interval;
    private long next = System.nanoTime();

    /** @param perSecond 0 for no limit */
    RateLimit(double perSecond) {
        interval = perSecond <= 0 ? 0 : (long) (1e9 / perSecond);
    }

    /** Waits for this thread's turn. */
    void await(Run run) {
        sleepUntil(reserve(), run);
    }

    /** Lets no request begin before a time has passed. */
    synchronized void pause(Duration wait) {
        next = Math.max(next, System.nanoTime() + wait.toNanos());
    }

    private synchronized long reserve() {
        long turn = Math.max(next, System.nanoTime());
        next = turn + interval;
        return turn;
    }

    /** Waits, unless the run ends. */
    static void sleep(Duration time, Run run) {
        sleepUntil(System.nanoTime() + time.toNanos(), run);
    }

    private static void sleepUntil(long deadline, Run run) {
        for (long left = deadline - System.nanoTime(); left > 0; left = deadline - System.nanoTime()) {
            if (run != null) {
                run.ensureActive();
            }
            try {
                TimeUnit.NANOSECONDS.sleep(Math.min(left, CANCEL_CHECK_INTERVAL));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new RunEndedException("Interrupted while waiting for an API");
            }
        }
    }
}
