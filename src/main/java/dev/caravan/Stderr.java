package dev.caravan;

import dev.caravan.run.Secrets;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.slf4j.LoggerFactory;

/**
 * The process's stderr: the log, and whatever commands, libraries and exceptions print, without secrets. With
 * {@code caravan.log.format=json} all of it is JSON, an object per line.
 */
final class Stderr {

    private static final OutputStream RAW = new FileOutputStream(FileDescriptor.err);
    /** Whether this thread logs a line that was printed: what the logging prints meanwhile is about a failure to log. */
    private static final ThreadLocal<Boolean> LOGGING = ThreadLocal.withInitial(() -> false);

    private Stderr() {}

    /** Replaces {@link System#err}, before the logging begins. */
    static void install(boolean json) {
        if (json) {
            System.setProperty("caravan.log.appender", "json"); // log4j2.properties has the appenders
        }
        LineStream lines = new LineStream(json ? Stderr::log : Stderr::print);
        System.setErr(new PrintStream(lines, true, StandardCharsets.UTF_8));
    }

    private static void print(String line) throws IOException {
        RAW.write(Secrets.mask(line).getBytes(StandardCharsets.UTF_8));
    }

    private static void log(String line) throws IOException {
        if (LOGGING.get()) {
            print(line);
            return;
        }
        LOGGING.set(true);
        try {
            String text = line.stripTrailing();
            if (text.startsWith("caravan: ")) {
                LoggerFactory.getLogger("caravan").error("{}", text);
            } else if (!text.isEmpty()) {
                LoggerFactory.getLogger("caravan").info("{}", text);
            }
        } finally {
            LOGGING.remove();
        }
    }
}
