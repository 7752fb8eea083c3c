package dev.caravan.warehouse;

/** What a load does with the rows that the table has. */
public enum Mode {
    /** They go, in the same moment in which the new ones come. */
    REPLACE,
    /** They stay. */
    APPEND,
    /** A row whose key comes again is overwritten; the others stay. */
    MERGE
}
