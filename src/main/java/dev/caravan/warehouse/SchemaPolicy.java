package dev.caravan.warehouse;

/** What to do if the rows do not fit the table's columns. */
public enum SchemaPolicy {
    /** Creates the table, adds columns, widens types. */
    EVOLVE,
    /** Rejects the load. */
    FREEZE
}
