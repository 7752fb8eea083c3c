package dev.caravan.pipeline.ledger;

import java.time.Instant;
import java.util.Map;

/**
 * A table as its last load has left it.
 *
 * @param name as DATABASE.SCHEMA.TABLE, in the warehouse's spelling
 * @param pipeline the one that loaded it last
 * @param run the run that loaded it last; it may have been deleted from the ledger
 * @param loaded when that load was committed
 * @param cursorColumn the column of its cursor, or null
 * @param cursor its cursor, or null
 * @param columns the types of its columns by name, in their order, as {@link dev.caravan.run.Load#columns}
 */
public record LoadedTable(
        String name,
        String pipeline,
        String run,
        Instant loaded,
        String cursorColumn,
        String cursor,
        Map<String, String> columns) {}
