package dev.caravan.operations.infra;

import java.util.Locale;

/** The state of a resource before or after apply. Commands print it in lower case. */
public enum ResourceState {
    OK,
    MISSING,
    DIFFERENT,
    /** It could not be inspected; the remark says why. */
    UNKNOWN,
    CREATED,
    CHANGED,
    /** It could not be created or changed; the remark says why. */
    FAILED,
    /** Not attempted, because an earlier change failed. */
    SKIPPED;

    /** Returns whether nothing is left to do. */
    public boolean done() {
        return this == OK || this == CREATED || this == CHANGED;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
