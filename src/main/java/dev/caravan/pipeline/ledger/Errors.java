package dev.caravan.pipeline.ledger;

import dev.caravan.run.Secrets;

/** Says an exception in one line, without the secrets that it quotes. */
public final class Errors {

    private static final int LENGTH = 2_000;

    private Errors() {}

    /** The message of an exception, or of its cause where it has none; the class's name stands in for both. */
    public static String describe(Throwable error) {
        Throwable speaking = error;
        while (speaking.getCause() != null && wraps(speaking)) {
            speaking = speaking.getCause();
        }
        String message = speaking.getMessage();
        return shorten(
                message == null || message.isBlank()
                        ? speaking.getClass().getSimpleName()
                        : Secrets.mask(message.replace("\0", "").strip()));
    }

    private static boolean wraps(Throwable error) {
        return error.getMessage() == null
                || error.getMessage().equals(error.getCause().toString())
                || error.getClass().getName().startsWith("org.apache.camel.")
                || error.getClass().getName().startsWith("org.jdbi.");
    }

    private static String shorten(String text) {
        return text.length() <= LENGTH ? text : text.substring(0, LENGTH) + "...";
    }
}
