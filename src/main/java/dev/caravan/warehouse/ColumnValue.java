package dev.caravan.warehouse;

import dev.caravan.data.ColumnType;

/**
 * A column that a load writes.
 *
 * @param column the name, as the table spells it
 * @param type the type that the table has for it
 * @param expression the value in that type, computed from a staged row
 */
public record ColumnValue(String column, ColumnType type, String expression) {}
