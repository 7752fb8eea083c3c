package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.run.LogBridge;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Stores what the runs of this process log: every event whose thread has the run's id in its logging context (MDC). */
final class RunLogs implements LogBridge.Listener {

    private static final Logger LOG = LoggerFactory.getLogger(RunLogs.class);

    private final Ledger ledger;
    private final int maxLines;
    private final Map<String, RunLog> open = new ConcurrentHashMap<>();
    private final ExpectedFailures failures = new ExpectedFailures();

    RunLogs(Ledger ledger, int maxLines) {
        this.ledger = ledger;
        this.maxLines = maxLines;
    }

    /** Does work whose log is the run's. */
    static <T> T withRun(String run, Supplier<T> work) {
        String before = MDC.get(LogBridge.RUN);
        MDC.put(LogBridge.RUN, run);
        try {
            return work.get();
        } finally {
            if (before == null) {
                MDC.remove(LogBridge.RUN);
            } else {
                MDC.put(LogBridge.RUN, before);
            }
        }
    }

    void start() {
        LogBridge.add(this);
        if (!LogBridge.isConnected()) {
            LOG.info("The ledger stores no log lines of runs: the logging configuration has no appender of type Runs");
        }
    }

    void stop() {
        LogBridge.remove(this);
        open.keySet().forEach(this::close);
    }

    @Override
    public boolean owns(String run) {
        return open.containsKey(run);
    }

    @Override
    public void logged(LogBridge.Event event) {
        RunLog log = open.get(event.run());
        if (log != null) {
            log.add(event);
        }
    }

    @Override
    public boolean replaces(LogBridge.Event failure) {
        return failures.take(failure.run() != null && owns(failure.run()) ? failure.run() : null, failure.thrown());
    }

    /**
     * Logs the failures within an attempt, except the one that the run reports.
     *
     * @param reported the failure that the run reports, or null if the attempt succeeded
     */
    void settleFailures(String run, String reported) {
        failures.settle(run, reported);
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
