package dev.caravan.run;

import dev.caravan.run.Run.Registration;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Aborts what an attempt uses outside of this process (queries, requests, connections) when the attempt ends. */
public final class AbortHooks {

    private static final Logger LOG = LoggerFactory.getLogger(AbortHooks.class);

    /** One abort between two statements would not prevent the next statement. */
    private static final int MAX_ABORTS = 5;

    private static final Duration ABORT_INTERVAL = Duration.ofSeconds(1);

    private final Map<Registration, AutoCloseable> aborts = new ConcurrentHashMap<>();
    private boolean ended;

    /** Registers an abort action; runs it at once if the attempt has ended. */
    public synchronized Registration add(AutoCloseable abort) {
        Registration registration = new Registration() {
            @Override
            public void close() {
                aborts.remove(this);
            }
        };
        aborts.put(registration, abort);
        if (ended) {
            abort(registration, abort);
        }
        return registration;
    }

    /** Runs all registered actions, without waiting for them. */
    public synchronized void end() {
        if (!ended) {
            ended = true;
            aborts.forEach(this::abort);
        }
    }

    /** Uses a thread of its own, because the other side may not answer the abort either. */
    private void abort(Registration registration, AutoCloseable abort) {
        Thread thread = new Thread(() -> abortUntilReleased(registration, abort), "caravan-abort");
        thread.setDaemon(true);
        thread.start();
    }

    private void abortUntilReleased(Registration registration, AutoCloseable abort) {
        try {
            for (int i = 0; i < MAX_ABORTS && aborts.containsKey(registration); i++) {
                try {
                    abort.close();
                } catch (InterruptedException e) {
                    throw e;
                } catch (Exception e) {
                    LOG.debug("Abort failed", e);
                }
                Thread.sleep(ABORT_INTERVAL.toMillis());
            }
        } catch (InterruptedException e) {
            LOG.debug("Interrupted", e);
        } finally {
            registration.close();
        }
    }
}
