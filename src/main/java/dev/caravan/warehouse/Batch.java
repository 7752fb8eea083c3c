package dev.caravan.warehouse;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import java.util.List;

/**
 * Rows on their way to the staging area, by column. Later batches have at least the columns of earlier ones, with types
 * that are the same or wider.
 *
 * @param columns the columns with the type that each needs so far; null if it has had no value but NULL
 * @param values the values of each column, each of its column's Java type or of a narrower type, or null
 * @param size how many rows there are
 * @param firstRow the number of the first row, counted over all batches
 */
public record Batch(List<Column> columns, List<Object[]> values, int size, long firstRow) {

    /** Returns the type of each column. */
    public List<ColumnType> types() {
        return columns.stream().map(Column::type).toList();
    }
}
