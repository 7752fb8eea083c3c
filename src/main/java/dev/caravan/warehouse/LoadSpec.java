package dev.caravan.warehouse;

import dev.caravan.data.ColumnType;
import java.util.List;
import java.util.Map;

/**
 * The specification of a load.
 *
 * @param id the id of the load, the same in every attempt
 * @param run the id of the run, or null
 * @param key the columns that identify a row; for {@link Mode#MERGE}, and for {@link Mode#APPEND} if rows can repeat
 * @param cursor the column whose greatest value becomes the cursor, or null
 * @param maxCursor the limit of the cursor, or null
 * @param types the types that the user has set, by column
 * @param freeze whether the table's columns must not change
 * @param allowEmpty whether {@link Mode#REPLACE} can leave an empty table
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
