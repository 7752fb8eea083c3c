package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.run.LogBridge;
import dev.caravan.run.Secrets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Buffers the log of one run until it is written to the ledger. Lines beyond the limit are only counted. */
final class RunLog {

    private static final Logger LOG = LoggerFactory.getLogger(RunLog.class);
    private static final int MESSAGE_LENGTH = 10_000;
    private static final int CAUSES = 10;

    private final String run;
    private final int maxLines;
    private final ReentrantLock writing = new ReentrantLock();
    private List<LogLine> buffered = new ArrayList<>();
    private long seq;
    private long dropped;
    private boolean failed;

    /**
     * @param last the number of its last line in the ledger, 0 if it has none
     */
    RunLog(String run, int maxLines, long last) {
        this.run = run;
        this.maxLines = maxLines;
        this.seq = last;
    }

    String run() {
        return run;
    }

    synchronized void add(LogBridge.Event event) {
        if (seq >= maxLines) {
            dropped++;
            return;
        }
        add(event.time(), event.level(), event.logger(), message(event));
    }

    private void add(Instant time, String level, String logger, String message) {
        String kept = message.length() <= MESSAGE_LENGTH
                ? message
                : message.substring(0, MESSAGE_LENGTH) + "... (" + (message.length() - MESSAGE_LENGTH)
                        + " characters more)";
        buffered.add(new LogLine(++seq, time, level, logger, kept.replace("\0", "")));
    }

    private static String message(LogBridge.Event event) {
        StringBuilder text = new StringBuilder(event.message());
        Throwable cause = event.thrown();
        for (int depth = 0; cause != null && depth < CAUSES; depth++, cause = cause.getCause()) {
            text.append(depth == 0 ? "\n" : "\nCaused by: ").append(cause);
        }
        return Secrets.mask(text.toString());
    }

    /** Begins to write: of two threads that do, the second waits, so that the lines are written in their order. */
    void lock() {
        writing.lock();
    }

    void unlock() {
        writing.unlock();
    }

    /** Takes the lines that have not been written. */
    synchronized List<LogLine> take() {
        List<LogLine> taken = buffered;
        buffered = new ArrayList<>();
        return taken;
    }

    /** Gives back lines that could not be written now. */
    synchronized void giveBack(List<LogLine> lines) {
        buffered.addAll(0, lines);
    }

    /** Lines could not be written, and are lost. */
    void lost(RuntimeException e) {
        if (!failed) {
            failed = true;
            LOG.error(
                    "The log of run {} cannot be written to the ledger and will have gaps: {}",
                    run,
                    Errors.describe(e));
        }
    }

    /** Adds what is still to be said. */
    synchronized void close() {
        if (dropped > 0) {
            add(
                    Instant.now(),
                    "WARN",
                    RunLog.class.getName(),
                    dropped + " more lines were dropped: a run may log " + maxLines + " (maxLogLines)");
        }
    }
}
