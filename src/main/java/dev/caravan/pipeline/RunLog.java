package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.run.LogBridge;
import dev.caravan.run.Secrets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Buffers the log of one run and writes it to the ledger in batches. Lines beyond the limit are only counted. */
final class RunLog {

    private static final Logger LOG = LoggerFactory.getLogger(RunLog.class);
    private static final int MESSAGE_LENGTH = 10_000;
    private static final int CAUSES = 10;

    private final Ledger ledger;
    private final String run;
    private final int maxLines;
    private final Object flushing = new Object();
    private List<LogLine> buffered = new ArrayList<>();
    private long seq;
    private long dropped;
    private boolean failed;

    RunLog(Ledger ledger, String run, int maxLines) {
        this.ledger = ledger;
        this.run = run;
        this.maxLines = maxLines;
        this.seq = ledger.logs().last(run);
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

    private synchronized List<LogLine> take() {
        List<LogLine> taken = buffered;
        buffered = new ArrayList<>();
        return taken;
    }

    /** Writes the buffered lines; returns when all lines so far are written, by this thread or another. */
    void flush() {
        synchronized (flushing) {
            List<LogLine> lines = take();
            if (lines.isEmpty()) {
                return;
            }
            try {
                ledger.logs().append(run, lines);
            } catch (RuntimeException e) {
                if (!failed) {
                    failed = true;
                    LOG.error(
                            "The log of run {} cannot be written to the ledger and will have gaps: {}",
                            run,
                            Errors.describe(e));
                }
            }
        }
    }

    void close() {
        synchronized (this) {
            if (dropped > 0) {
                add(
                        Instant.now(),
                        "WARN",
                        RunLog.class.getName(),
                        dropped + " more lines were dropped: a run may log " + maxLines + " (maxLogLines)");
            }
        }
        flush();
    }
}
