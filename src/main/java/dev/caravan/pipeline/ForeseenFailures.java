package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import org.apache.camel.processor.errorhandler.DefaultErrorHandler;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.filter.AbstractFilter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one line of the page, with message history and stack trace, that Camel logs for every failure, where the message
 * says it all.
 */
final class ForeseenFailures extends AbstractFilter {

    /** Whose log it is. */
    static final String LOGGER = DefaultErrorHandler.class.getName();

    private static final Logger LOG = LoggerFactory.getLogger(ForeseenFailures.class);

    @Override
    public Result filter(LogEvent event) {
        if (event.getThrown() == null || !Failure.foreseen(event.getThrown())) {
            return Result.NEUTRAL;
        }
        LOG.warn("{}", Errors.describe(event.getThrown()));
        return Result.DENY;
    }
}
