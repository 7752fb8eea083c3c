package dev.caravan.data;

import java.util.List;

/**
 * Some rows, by column.
 *
 * @param columns the values of each column, in the order of {@link Rows#columns()}
 * @param size the number of rows, at least 1
 */
public record ColumnBatch(List<ColumnVector> columns, int size) {}
