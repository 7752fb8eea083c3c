package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Ledger;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;
import org.slf4j.MDC;

/**
 * Takes what is logged for the runs of this process to the ledger: every event whose thread carries the run's id.
 */
final class RunLogs {

    /** The key of the logging context (MDC) that holds the id of the run. */
    static final String KEY = "run";

    private final Ledger ledger;
    private final int maxLines;
    private final Map<String, RunLog> open = new ConcurrentHashMap<>();
    private final ForeseenFailures failures = new ForeseenFailures();
    private final AbstractAppender appender;

    RunLogs(Ledger ledger, int maxLines) {
        this.ledger = ledger;
        this.maxLines = maxLines;
        this.appender =
                new AbstractAppender(
                        "caravan-runs-" + System.identityHashCode(this), null, null, true, Property.EMPTY_ARRAY) {
                    @Override
                    public void append(LogEvent event) {
                        String run = event.getContextData().getValue(KEY);
                        RunLog log = run == null ? null : open.get(run);
                        if (log != null) {
                            log.add(event);
                        }
                    }
                };
    }

    /** Does work whose log is the run's. */
    static <T> T of(String run, Supplier<T> work) {
        String before = MDC.get(KEY);
        MDC.put(KEY, run);
        try {
            return work.get();
        } finally {
            if (before == null) {
                MDC.remove(KEY);
            } else {
                MDC.put(KEY, before);
            }
        }
    }

    void start() {
        LoggerContext context = (LoggerContext) LogManager.getContext(false);
        Configuration configuration = context.getConfiguration();
        appender.start();
        configuration.addAppender(appender);
        configuration.getRootLogger().addAppender(appender, Level.ALL, null);
        LoggerConfig errors = new LoggerConfig(ForeseenFailures.LOGGER, null, true);
        errors.addFilter(failures);
        configuration.addLogger(ForeseenFailures.LOGGER, errors);
        context.updateLoggers();
    }

    void stop() {
        LoggerContext context = (LoggerContext) LogManager.getContext(false);
        Configuration configuration = context.getConfiguration();
        configuration.removeLogger(ForeseenFailures.LOGGER);
        configuration.getRootLogger().removeAppender(appender.getName());
        configuration.getAppenders().remove(appender.getName());
        context.updateLoggers();
        appender.stop();
        open.keySet().forEach(this::close);
    }

    ForeseenFailures failures() {
        return failures;
    }

    void open(String run) {
        open.put(run, new RunLog(ledger, run, maxLines));
    }

    void flush() {
        open.values().forEach(RunLog::flush);
    }

    void flush(String run) {
        RunLog log = open.get(run);
        if (log != null) {
            log.flush();
        }
    }

    void close(String run) {
        RunLog log = open.remove(run);
        if (log != null) {
            log.close();
        }
    }
}
