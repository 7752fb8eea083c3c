package dev.caravan.exchangerates;

import dev.caravan.run.PermanentException;

/** Open Exchange Rates serves this account nothing. */
public final class RefusedException extends PermanentException {

    private static final long serialVersionUID = 1L;

    /** What it refuses. */
    public enum Reason {
        /** The App ID. */
        KEY,
        /** More requests than the quota. */
        QUOTA
    }

    private final Reason reason;

    RefusedException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
