package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.run.PermanentException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Repeats work on the ledger, whether or not it fails. */
final class PeriodicTasks {

    private static final Logger LOG = LoggerFactory.getLogger(PeriodicTasks.class);

    private final ScheduledExecutorService executor;

    PeriodicTasks(ScheduledExecutorService executor) {
        this.executor = executor;
    }

    void every(Duration interval, Runnable task) {
        Future<?> unused = executor.scheduleWithFixedDelay(
                () -> run(task), interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Does the work once, as soon as possible. */
    void now(Runnable task) {
        executor.execute(() -> run(task));
    }

    private void run(Runnable task) {
        try {
            task.run();
        } catch (PermanentException e) {
            LOG.debug("The ledger has logged this", e);
        } catch (RuntimeException e) {
            if (executor.isShutdown()) {
                LOG.debug("The ledger was closed before this task had ended", e);
            } else {
                LOG.warn("The ledger does not answer: {}", Errors.describe(e));
            }
        } catch (Error e) {
            // otherwise heartbeats would stop for good, and the process continue without them
            FatalErrors.end(e, "a heartbeat");
        }
    }
}
