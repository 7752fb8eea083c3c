package dev.caravan.secrets;

import dev.caravan.run.UsageException;

/** A secret, field or value is missing, or AWS is not set up, so that a default applies. */
final class NoValueException extends UsageException {

    private static final long serialVersionUID = 1L;

    NoValueException(String message) {
        super(message);
    }

    NoValueException(String message, Throwable cause) {
        super(message, cause);
    }
}
