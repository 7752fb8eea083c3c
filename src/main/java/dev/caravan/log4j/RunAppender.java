package dev.caravan.log4j;

import dev.caravan.run.LogBridge;
import java.time.Instant;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.Core;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.apache.logging.log4j.core.config.plugins.Plugin;
import org.apache.logging.log4j.core.config.plugins.PluginAttribute;
import org.apache.logging.log4j.core.config.plugins.PluginFactory;

/** Publishes log events, so that the ledger stores those of runs. */
@Plugin(name = "Runs", category = Core.CATEGORY_NAME, elementType = Appender.ELEMENT_TYPE)
public final class RunAppender extends AbstractAppender {

    private RunAppender(String name) {
        super(name, null, null, true, Property.EMPTY_ARRAY);
    }

    /** Creates the appender. */
    @PluginFactory
    public static RunAppender create(@PluginAttribute("name") String name) {
        return new RunAppender(name);
    }

    @Override
    public void start() {
        LogBridge.connect();
        super.start();
    }

    @Override
    public void append(LogEvent event) {
        LogBridge.publish(run(event), () -> event(event));
    }

    static LogBridge.Event event(LogEvent event) {
        return new LogBridge.Event(
                Instant.ofEpochMilli(event.getTimeMillis()),
                event.getLevel().name(),
                event.getLoggerName(),
                event.getMessage().getFormattedMessage(),
                event.getThrown(),
                run(event));
    }

    private static String run(LogEvent event) {
        return event.getContextData().getValue(LogBridge.RUN);
    }
}
