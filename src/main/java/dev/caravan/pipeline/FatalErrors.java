package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Errors after which nobody knows what still works in this JVM, such as a lack of memory: HTTP clients that are shut down,
 * threads that are gone. The process ends at once, as if killed; its runs are crashed, and taken up again elsewhere.
 */
final class FatalErrors {

    private static final Logger LOG = LoggerFactory.getLogger(FatalErrors.class);

    /** The same as Java's own by -XX:+ExitOnOutOfMemoryError. */
    private static final int EXIT = 3;

    private FatalErrors() {}

    /** Ends the process if such an error is among the causes. A stack that overflowed is the attempt's own affair. */
    static void check(Throwable error, String where) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof VirtualMachineError fatal && !(cause instanceof StackOverflowError)) {
                end(fatal, where);
            }
        }
    }

    /** Ends the process. */
    static void end(Error error, String where) {
        try {
            LOG.error(
                    "{} in {}: the process ends. {}",
                    error.getClass().getSimpleName(),
                    where,
                    error instanceof OutOfMemoryError
                            ? Errors.describe(error) + ": give it more memory (CARAVAN_JAVA_OPTS=-Xmx...), or read less"
                                    + " at a time"
                            : Errors.describe(error));
        } finally {
            Runtime.getRuntime().halt(EXIT);
        }
    }
}
