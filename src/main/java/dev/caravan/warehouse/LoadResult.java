package dev.caravan.warehouse;

import java.time.Instant;
import java.util.List;

/**
 * What a load has done. This is the body that {@code warehouse:} leaves on the exchange, and a row of
 * {@code _caravan_loads}.
 *
 * @param loadId names the load
 * @param table the table it went into
 * @param run the run it belongs to, or null
 * @param mode what was to become of the rows that were there
 * @param staged rows read from the source
 * @param inserted rows that came
 * @param updated rows that were overwritten
 * @param deleted rows that went
 * @param bytes the size of what was staged
 * @param startedAt when reading began
 * @param committedAt when the transaction was about to commit
 * @param cursorBefore the cursor before the load, or null
 * @param cursorAfter the cursor after the load, or null
 * @param schemaChanges what it changed of the table's columns, such as {@code change v to TEXT (was INTEGER)}; none if it
 *     created the table
 * @param alreadyLoaded true if an earlier try had committed it, and this one has changed nothing
 */
public record LoadResult(
        String loadId,
        String table,
        String run,
        Mode mode,
        long staged,
        long inserted,
        long updated,
        long deleted,
        long bytes,
        Instant startedAt,
        Instant committedAt,
        String cursorBefore,
        String cursorAfter,
        List<String> schemaChanges,
        boolean alreadyLoaded) {

    /** Rows written. */
    public long rows() {
        return inserted + updated;
    }

    @Override
    public String toString() {
        String done = String.format(
                "%s: %d rows read, %d inserted, %d updated, %d deleted", table, staged, inserted, updated, deleted);
        return alreadyLoaded ? done + " (by an earlier attempt)" : done;
    }
}
