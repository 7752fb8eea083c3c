package dev.caravan.warehouse;

/** What an endpoint does. */
public enum Operation {
    /** Loads the rows of the body. */
    LOAD,
    /** Tells how far the table has been loaded. */
    READ_CURSOR,
    /** Runs SQL statements that may be repeated without harm. */
    SCRIPT
}
