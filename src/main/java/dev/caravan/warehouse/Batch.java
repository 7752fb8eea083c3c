package dev.caravan.warehouse;

import dev.caravan.data.ColumnType;
import java.util.List;

/**
 * Rows on their way to the staging area, by column. Later batches have at least the columns of earlier ones, with types
 * that are the same or wider.
 *
 * @param types the type of each column so far; null for a column that has held nothing but NULLs
 * @param values the values of each column, each of its column's Java type or of a narrower type, or null
 * @param size how many rows there are
 * @param firstRow the number of the first row, counted over all batches
 */
public record Batch(List<ColumnType> types, List<Object[]> values, int size, long firstRow) {}
