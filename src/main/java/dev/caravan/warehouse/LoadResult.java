package dev.caravan.warehouse;

import dev.caravan.data.Column;
import java.time.Instant;
import java.util.List;

/**
 * The result of a load: the body that {@code warehouse:} sets, and a row of {@code _caravan_loads}.
 *
 * @param loadId the id of the load
 * @param table the table
 * @param run the id of the run, or null
 * @param mode the mode
 * @param staged the number of rows read from the source
 * @param inserted the number of rows inserted
 * @param updated the number of rows updated
 * @param deleted the number of rows deleted
 * @param bytes the size of the staged rows
 * @param startedAt when reading began
 * @param committedAt when the transaction committed, as written in it
 * @param cursorBefore the cursor before the load, or null
 * @param cursorAfter the cursor after the load, or null
 * @param schemaChanges the changes of the table's columns, such as {@code change v to TEXT (was INTEGER)}; empty if it
 *     created the table
 * @param created whether it created the table
 * @param columns the table's columns after the load, with a null type if Caravan does not create columns of it; empty if an
 *     earlier attempt had committed it
 * @param query the id that Snowflake gave the statement that has written the rows, or null
 * @param alreadyLoaded whether an earlier attempt had committed it, and this one has changed nothing
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
        boolean created,
        List<Column> columns,
        String query,
        boolean alreadyLoaded) {

    /** Returns the number of rows written. */
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
