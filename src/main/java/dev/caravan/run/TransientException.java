package dev.caravan.run;

import java.time.Duration;
import java.util.Optional;

/** A failure that may be gone at the next try. */
public class TransientException extends RuntimeException {

    private final Duration retryAfter;

    public TransientException(String message) {
        this(message, null, null);
    }

    public TransientException(String message, Throwable cause) {
        this(message, null, cause);
    }

    /**
     * @param retryAfter how long the other side asks to be left alone, or null if it did not say
     */
    public TransientException(String message, Duration retryAfter, Throwable cause) {
        super(message, cause);
        this.retryAfter = retryAfter;
    }

    /** How long the other side asks to be left alone. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }
}
