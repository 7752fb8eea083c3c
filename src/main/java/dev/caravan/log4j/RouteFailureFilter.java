package dev.caravan.log4j;

import dev.caravan.run.LogBridge;
import org.apache.logging.log4j.core.Core;
import org.apache.logging.log4j.core.Filter;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.config.plugins.Plugin;
import org.apache.logging.log4j.core.config.plugins.PluginAttribute;
import org.apache.logging.log4j.core.config.plugins.PluginFactory;
import org.apache.logging.log4j.core.filter.AbstractFilter;

/** Drops what Camel's error handler logs of a failure if the run logs that failure itself, in one line. */
@Plugin(name = "RouteFailures", category = Core.CATEGORY_NAME, elementType = Filter.ELEMENT_TYPE)
public final class RouteFailureFilter extends AbstractFilter {

    private RouteFailureFilter(Result onMatch, Result onMismatch) {
        super(onMatch, onMismatch);
    }

    /** Creates the filter; the configuration passes both results, null unless they are set. */
    @PluginFactory
    public static RouteFailureFilter create(
            @PluginAttribute("onMatch") Result onMatch, @PluginAttribute("onMismatch") Result onMismatch) {
        return new RouteFailureFilter(
                onMatch == null ? Result.DENY : onMatch, onMismatch == null ? Result.NEUTRAL : onMismatch);
    }

    @Override
    public Result filter(LogEvent event) {
        return event.getThrown() != null && LogBridge.isReplaced(RunAppender.event(event))
                ? getOnMatch()
                : getOnMismatch();
    }
}
