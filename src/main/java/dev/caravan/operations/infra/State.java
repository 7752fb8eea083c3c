package dev.caravan.operations.infra;

/** How something is, compared with how it is wanted. The command line writes the names in lower case. */
public enum State {
    OK,
    MISSING,
    DIFFERENT,
    /** It could not be looked at, or something before it failed. */
    UNKNOWN;

    @Override
    public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
