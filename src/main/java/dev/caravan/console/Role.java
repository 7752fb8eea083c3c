package dev.caravan.console;

/** What a visitor may do. */
enum Role {
    /** Read all pages. */
    READER,
    /** Everything: run, retry, cancel, pause, query the warehouse. */
    OPERATOR;

    boolean canAct() {
        return this == OPERATOR;
    }
}
