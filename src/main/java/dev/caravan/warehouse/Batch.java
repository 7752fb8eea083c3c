package dev.caravan.warehouse;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnVector;
import java.util.List;

/**
 * Rows for the staging area, by column. Later batches have at least the columns of earlier ones, with the same types or wider
 * ones.
 *
 * @param columns the columns, each with its type so far; null for a column that has had only NULLs
 * @param vectors the values of each column; objects can be of a narrower type than their column
 * @param size the number of rows
 * @param firstRow the number of the first row, counted over all batches
 */
public record Batch(List<Column> columns, List<ColumnVector> vectors, int size, long firstRow) {

    /** Returns the type of each column. */
    public List<ColumnType> types() {
        return columns.stream().map(Column::type).toList();
    }
}
