package dev.caravan.data;

/**
 * A column as its source declares it.
 *
 * @param name as the source spells it
 * @param type its type, or null if the source does not tell and the values have to
 */
public record Column(String name, ColumnType type) {}
