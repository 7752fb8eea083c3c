package dev.caravan.hubspot;

import dev.caravan.run.PermanentException;

/** HubSpot rejects requests, for a reason that another try does not change. */
public final class HubSpotException extends PermanentException {

    /** Why HubSpot rejects requests. */
    public enum Reason {
        /** It does not know the token. */
        TOKEN,
        /** The token lacks a scope. */
        SCOPE,
        /** The requests of the day are used up. */
        LIMIT
    }

    private final Reason reason;
    private final String found;
    private final String fix;

    HubSpotException(Reason reason, String found, String fix) {
        super(found + ": " + fix);
        this.reason = reason;
        this.found = found;
        this.fix = fix;
    }

    /** Returns why. */
    public Reason reason() {
        return reason;
    }

    /** Returns what HubSpot said. */
    public String found() {
        return found;
    }

    /** Returns what to do. */
    public String fix() {
        return fix;
    }
}
