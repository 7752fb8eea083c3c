package dev.caravan.warehouse;

import dev.caravan.data.ColumnType;

/**
 * A column as a table has it.
 *
 * @param name as the table spells it
 * @param type its type, or null if Caravan does not create columns of that type
 * @param nullable whether it may be NULL
 * @param hasDefault whether a row that does not name it gets a value
 */
public record TableColumn(String name, ColumnType type, boolean nullable, boolean hasDefault) {}
