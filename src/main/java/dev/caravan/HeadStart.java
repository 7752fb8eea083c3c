package dev.caravan;

import dev.caravan.local.LocalS3;
import java.security.NoSuchAlgorithmException;
import javax.net.ssl.SSLContext;
import org.slf4j.LoggerFactory;

/**
 * Initializes in the background what a command will need, whatever its settings are. The start of a command is mostly the
 * initialization of classes, one after the other, while the second processor has little to do. Whoever needs one of them
 * earlier waits, as the JVM initializes a class once.
 */
final class HeadStart {

    private static Thread logging;

    private HeadStart() {}

    /** Begins for a command. */
    static void begin(String... args) {
        if (args.length > 0 && !args[0].startsWith("-")) {
            logging = start("logging", () -> LoggerFactory.getLogger(HeadStart.class));
            start("head-start", () -> initialize(args[0].equals("run")));
        }
    }

    /** Waits until the logging is ready, which would lose what it is told earlier. */
    static void awaitLogging() {
        try {
            if (logging != null) {
                logging.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Begins for a profile with local services. */
    static void localServices() {
        start("local-services", () -> LocalS3.client("", ""));
    }

    private static void initialize(boolean loads) {
        try {
            JdbcDrivers.load();
            SSLContext.getDefault();
            if (loads) {
                Class.forName("org.duckdb.DuckDBNative");
            }
        } catch (NoSuchAlgorithmException | ClassNotFoundException | LinkageError e) {
            return; // who needs it meets the same, and reports it
        }
    }

    private static Thread start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
