package dev.caravan.exchangerates;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.config.Property;

/**
 * Everything that is logged, at every level, but for the libraries that print any property or any header at DEBUG; the
 * console goes on with INFO.
 */
final class CapturedLog extends AbstractAppender implements AutoCloseable {

    private static final List<String> TALKATIVE = List.of("org.apache.camel", "org.apache.hc");
    private static final List<String> INDISCREET = List.of(
            "org.apache.hc.client5.http.headers",
            "org.apache.hc.client5.http.wire",
            "org.apache.camel.component.properties",
            "org.apache.camel.impl.engine.DefaultCamelContextExtension");

    private final StringWriter written = new StringWriter();
    private final Logger root = (Logger) LogManager.getRootLogger();

    CapturedLog() {
        super("captured", null, null, false, Property.EMPTY_ARRAY);
        start();
        for (Appender console : root.getAppenders().values()) {
            root.removeAppender(console);
            root.get().addAppender(console, Level.INFO, null);
        }
        root.addAppender(this);
        setLevel(Level.ALL);
        TALKATIVE.forEach(name -> Configurator.setLevel(name, Level.ALL));
        INDISCREET.forEach(name -> Configurator.setLevel(name, Level.INFO));
    }

    @Override
    public synchronized void append(LogEvent event) {
        written.append(event.getLevel() + " " + event.getLoggerName() + " "
                + event.getMessage().getFormattedMessage() + "\n");
        if (event.getThrown() != null) {
            event.getThrown().printStackTrace(new PrintWriter(written));
        }
    }

    Level level() {
        return root.getLevel();
    }

    synchronized String text() {
        return written.toString();
    }

    @Override
    public void close() {
        root.removeAppender(this);
        setLevel(Level.INFO);
        TALKATIVE.forEach(name -> Configurator.setLevel(name, Level.WARN));
        stop();
    }

    private void setLevel(Level level) {
        root.get().setLevel(level);
        root.getContext().updateLoggers();
    }
}
