package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Ledger;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes old runs and log lines from the ledger, once an hour at most. */
final class Retention {

    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);
    private static final Duration INTERVAL = Duration.ofHours(1);

    private final Ledger ledger;
    private final Duration runRetention;
    private final Duration logRetention;
    private final AtomicLong applied = new AtomicLong(System.nanoTime() - INTERVAL.toNanos());

    Retention(Ledger ledger, Duration runRetention, Duration logRetention) {
        this.ledger = ledger;
        this.runRetention = runRetention;
        this.logRetention = logRetention;
    }

    void applyIfDue() {
        long now = System.nanoTime();
        long last = applied.get();
        if (now - last < INTERVAL.toNanos() || !applied.compareAndSet(last, now)) {
            return;
        }
        try {
            ledger.prune(runRetention, logRetention);
        } catch (RuntimeException e) {
            LOG.warn("Old runs could not be removed from the ledger: {}", Errors.describe(e));
        }
    }
}
