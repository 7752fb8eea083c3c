package dev.caravan.run;

/** A mistake in what the user wrote: an unknown pipeline or parameter, a broken route file. Commands exit with 2. */
public class UsageException extends PermanentException {

    public UsageException(String message) {
        super(message);
    }

    public UsageException(String message, Throwable cause) {
        super(message, cause);
    }
}
