package dev.caravan.warehouse;

/** How a load treats the rows that the table has. */
public enum Mode {
    /** Deletes them in the transaction that inserts the new ones. */
    REPLACE,
    /** Keeps them. */
    APPEND,
    /** Updates the rows whose key is loaded again, and keeps the others. */
    MERGE
}
