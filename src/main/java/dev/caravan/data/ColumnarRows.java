package dev.caravan.data;

/**
 * Rows that a source can also hand over by column, which costs far less than a map for each row. A reader uses either
 * {@link #nextBatch()} or the iterator, not both.
 */
public interface ColumnarRows extends Rows {

    /** Reads the next rows. Returns null after the last. */
    ColumnBatch nextBatch();
}
