package dev.caravan.warehouse;

import dev.caravan.data.ColumnType;

/**
 * A column of a table.
 *
 * @param name as the table spells it
 * @param type its type, or null if Caravan does not create columns of that type
 * @param nullable whether it can be NULL
 * @param hasDefault whether it has a default
 */
public record TableColumn(String name, ColumnType type, boolean nullable, boolean hasDefault) {}
