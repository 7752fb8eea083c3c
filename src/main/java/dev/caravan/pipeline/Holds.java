package dev.caravan.pipeline;

import dev.caravan.run.Run.Held;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What an attempt holds outside of this process, to be broken off when the attempt ends. */
final class Holds {

    private static final Logger LOG = LoggerFactory.getLogger(Holds.class);

    /** What was broken off between two statements goes on with the next one, so once is not enough. */
    private static final int TIMES = 5;

    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Map<Held, AutoCloseable> aborts = new ConcurrentHashMap<>();
    private boolean ended;

    /** Remembers how to break something off, or does it at once if the attempt has ended. */
    synchronized Held add(AutoCloseable abort) {
        Held held = new Held() {
            @Override
            public void close() {
                aborts.remove(this);
            }
        };
        aborts.put(held, abort);
        if (ended) {
            breakOff(held, abort);
        }
        return held;
    }

    /** Breaks off what is held, without waiting for it. */
    synchronized void end() {
        if (!ended) {
            ended = true;
            aborts.forEach(this::breakOff);
        }
    }

    /** On a thread of its own, because the other side may not answer that either. */
    private void breakOff(Held held, AutoCloseable abort) {
        Thread thread = new Thread(() -> breakOffUntilReleased(held, abort), "caravan-abort");
        thread.setDaemon(true);
        thread.start();
    }

    private void breakOffUntilReleased(Held held, AutoCloseable abort) {
        try {
            for (int i = 0; i < TIMES && aborts.containsKey(held); i++) {
                try {
                    abort.close();
                } catch (InterruptedException e) {
                    throw e;
                } catch (Exception e) {
                    LOG.debug("What an attempt held could not be aborted", e);
                }
                Thread.sleep(PAUSE.toMillis());
            }
        } catch (InterruptedException e) {
            LOG.debug("Interrupted", e);
        } finally {
            held.close();
        }
    }
}
