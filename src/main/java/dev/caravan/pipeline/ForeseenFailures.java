package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.processor.errorhandler.DefaultErrorHandler;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.filter.AbstractFilter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one line of the page, with message history and stack trace, that Camel logs for every failure, where the message
 * says it all; and none of it if the run says the same in a moment.
 */
final class ForeseenFailures extends AbstractFilter {

    /** Whose log it is. */
    static final String LOGGER = DefaultErrorHandler.class.getName();

    private static final Logger LOG = LoggerFactory.getLogger(ForeseenFailures.class);

    /** The last failure of each run whose attempt is still under way. */
    private final Map<String, String> held = new ConcurrentHashMap<>();

    @Override
    public Result filter(LogEvent event) {
        if (event.getThrown() == null || !Failure.foreseen(event.getThrown())) {
            return Result.NEUTRAL;
        }
        String failure = Errors.describe(event.getThrown());
        String run = event.getContextData().getValue(RunLogs.KEY);
        String before = run == null ? failure : held.put(run, failure);
        if (before != null && (run == null || !before.equals(failure))) {
            LOG.warn("{}", before);
        }
        return Result.DENY;
    }

    /**
     * Ends an attempt.
     *
     * @param failure what the run says of it, or null if it did not fail
     */
    void settle(String run, String failure) {
        String last = held.remove(run);
        if (last != null && (failure == null || !failure.contains(last))) {
            LOG.warn("{}", last);
        }
    }
}
