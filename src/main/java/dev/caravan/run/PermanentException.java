package dev.caravan.run;

/**
 * A failure that another try cannot fix: wrong credentials, a missing table, data that break a rule. The message is
 * read by the operator: what failed, where, and what to do.
 */
public class PermanentException extends RuntimeException {

    public PermanentException(String message) {
        super(message);
    }

    public PermanentException(String message, Throwable cause) {
        super(message, cause);
    }
}
