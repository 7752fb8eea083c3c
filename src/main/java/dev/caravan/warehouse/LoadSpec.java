package dev.caravan.warehouse;

import dev.caravan.data.ColumnType;
import java.util.List;
import java.util.Map;

/**
 * What a load is asked to do.
 *
 * @param id names the load, and is the same whenever the same load is tried again
 * @param run the run it belongs to, or null
 * @param key the columns that tell rows apart; for {@link Mode#MERGE}, and for {@link Mode#APPEND} where rows may come again
 * @param cursor the column whose greatest value is remembered, or null
 * @param maxCursor how far the cursor may move, or null
 * @param types types that the user states, by column
 * @param freeze whether a change of the table's columns is refused
 * @param allowEmpty whether {@link Mode#REPLACE} may leave an empty table
 */
public record LoadSpec(
        TableName table,
        String id,
        String run,
        Mode mode,
        List<String> key,
        String cursor,
        CursorLimit maxCursor,
        Map<String, ColumnType> types,
        boolean freeze,
        boolean allowEmpty) {}
