package dev.caravan.warehouse;

/** The operation of an endpoint. */
public enum Operation {
    /** Loads the rows of the body. */
    LOAD,
    /** Reads the cursor of the table. */
    READ_CURSOR,
    /** Runs SQL statements, which must be repeatable. */
    SCRIPT
}
