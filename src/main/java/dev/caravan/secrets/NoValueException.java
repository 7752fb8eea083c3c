package dev.caravan.secrets;

import dev.caravan.run.UsageException;

/** There is no such secret or field, nothing in it, or no AWS here at all: a default may stand in its place. */
final class NoValueException extends UsageException {

    private static final long serialVersionUID = 1L;

    NoValueException(String message) {
        super(message);
    }

    NoValueException(String message, Throwable cause) {
        super(message, cause);
    }
}
