package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.run.LogBridge;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Stores what the runs of this process log, the lines of all runs together: every event whose thread has the run's id in its logging context (MDC).
 */
final class RunLogs implements LogBridge.Listener {

    private static final Logger LOG = LoggerFactory.getLogger(RunLogs.class);

    private final Ledger ledger;
    private final int maxLines;
    private final Map<String, RunLog> open = new ConcurrentHashMap<>();
    /** The logs of runs that have ended, until all of their lines are written. */
    private final Queue<RunLog> closed = new ConcurrentLinkedQueue<>();

    private final ExpectedFailures failures = new ExpectedFailures();

    RunLogs(Ledger ledger, int maxLines) {
        this.ledger = ledger;
        this.maxLines = maxLines;
    }

    /** Does work whose log is the run's. */
    static <T> T withRun(String run, String pipeline, Supplier<T> work) {
        String runBefore = MDC.get(LogBridge.RUN);
        String pipelineBefore = MDC.get(LogBridge.PIPELINE);
        set(LogBridge.RUN, run);
        set(LogBridge.PIPELINE, pipeline);
        try {
            return work.get();
        } finally {
            set(LogBridge.RUN, runBefore);
            set(LogBridge.PIPELINE, pipelineBefore);
        }
    }

    private static void set(String key, String value) {
        if (value == null) {
            MDC.remove(key);
        } else {
            MDC.put(key, value);
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
        flush();
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

    /**
     * Opens the log of a run.
     *
     * @param continued whether it may have lines already
     */
    void open(String run, boolean continued) {
        if (continued) {
            flush();
        }
        open.put(run, new RunLog(run, maxLines, continued ? ledger.logs().last(run) : 0));
    }

    /** Writes all lines so far to the ledger. */
    synchronized void flush() {
        List<RunLog> logs = new ArrayList<>(open.values());
        for (RunLog ended = closed.poll(); ended != null; ended = closed.poll()) {
            logs.add(ended);
        }
        logs.forEach(RunLog::lock);
        try {
            Map<String, List<LogLine>> lines = new LinkedHashMap<>();
            for (RunLog log : logs) {
                List<LogLine> its = log.take();
                if (!its.isEmpty()) {
                    lines.merge(log.run(), its, (before, more) -> Stream.concat(before.stream(), more.stream())
                            .toList());
                }
            }
            if (!lines.isEmpty()) {
                append(lines, logs);
            }
        } finally {
            logs.forEach(RunLog::unlock);
        }
    }

    private void append(Map<String, List<LogLine>> lines, List<RunLog> logs) {
        try {
            ledger.logs().append(lines);
        } catch (RuntimeException e) {
            // one run must not cost the others their lines
            for (RunLog log : logs) {
                try {
                    ledger.logs().append(Map.of(log.run(), lines.getOrDefault(log.run(), List.of())));
                } catch (RuntimeException its) {
                    log.lost(its);
                }
            }
        }
    }

    /**
     * Gives the lines of a run so far to a writer, which writes them together with something else; if it fails, they are
     * written later.
     */
    void flush(String run, Consumer<List<LogLine>> writer) {
        RunLog log = open.get(run);
        if (log == null) {
            writer.accept(List.of());
            return;
        }
        log.lock();
        List<LogLine> lines = log.take();
        try {
            writer.accept(lines);
        } catch (RuntimeException e) {
            log.giveBack(lines);
            throw e;
        } finally {
            log.unlock();
        }
    }

    /** Closes the log of a run, whose last lines are written later. */
    void close(String run) {
        RunLog log = open.remove(run);
        if (log != null) {
            log.close();
            closed.add(log);
        }
    }
}
