package dev.caravan.warehouse;

/** What happens if the rows do not fit the table's columns. */
public enum SchemaPolicy {
    /** The table is created, gets new columns, and wider types. */
    EVOLVE,
    /** The load is refused. */
    FREEZE
}
