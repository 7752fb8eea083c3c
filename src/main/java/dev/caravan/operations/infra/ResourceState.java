package dev.caravan.operations.infra;

import java.util.Locale;

/** How something is, compared with how it is expected, or what was done about it. Commands print it in lower case. */
public enum ResourceState {
    OK,
    MISSING,
    DIFFERENT,
    /** It could not be looked at: the remark says why. */
    UNKNOWN,
    CREATED,
    CHANGED,
    /** It could not be created or changed: the remark says why. */
    FAILED,
    /** Not tried, because something failed before it. */
    SKIPPED;

    /** Whether nothing is left to do. */
    public boolean done() {
        return this == OK || this == CREATED || this == CHANGED;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
