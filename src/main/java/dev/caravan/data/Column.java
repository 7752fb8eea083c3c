package dev.caravan.data;

/**
 * A column as its source declares it.
 *
 * @param name in the source's spelling
 * @param type its type, or null if it must be derived from the values
 */
public record Column(String name, ColumnType type) {}
