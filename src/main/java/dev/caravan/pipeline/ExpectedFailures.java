package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs failures whose message says enough in one line, in place of the message history and stack trace that Camel's error
 * handler logs; and not at all if the end of the attempt reports the same failure.
 */
final class ExpectedFailures {

    private static final Logger LOG = LoggerFactory.getLogger(ExpectedFailures.class);

    /** The last failure of each run with an attempt in progress, not logged yet. */
    private final Map<String, String> pending = new ConcurrentHashMap<>();

    /**
     * Takes a failure.
     *
     * @param run the run that it belongs to, or null
     * @return false if it needs its stack trace
     */
    boolean take(String run, Throwable thrown) {
        if (!Failure.isExpected(thrown)) {
            return false;
        }
        String failure = Errors.describe(thrown);
        String before = run == null ? failure : pending.put(run, failure);
        if (before != null && (run == null || !before.equals(failure))) {
            LOG.warn("{}", before);
        }
        return true;
    }

    /**
     * Logs the pending failure of an attempt that has ended, unless the attempt reports it.
     *
     * @param reported the failure that the attempt reports, or null if it succeeded
     */
    void settle(String run, String reported) {
        String last = pending.remove(run);
        if (last != null && (reported == null || !reported.contains(last))) {
            LOG.warn("{}", last);
        }
    }
}
