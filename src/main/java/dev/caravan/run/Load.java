package dev.caravan.run;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A committed load of a run.
 *
 * @param id of the load, the same in every attempt
 * @param table as DATABASE.SCHEMA.TABLE, in the warehouse's spelling
 * @param mode replace, append or merge; snowpipe if Snowpipe has loaded files
 * @param read the number of rows read from the source
 * @param inserted the number of rows inserted
 * @param updated the number of rows updated
 * @param deleted the number of rows deleted
 * @param bytes the size of the rows, as staged
 * @param cursorColumn the column of the cursor, or null
 * @param cursor the cursor after the load, or null
 * @param changes of the table, such as {@code create the table} or {@code add price DOUBLE}
 * @param columns the types of the table's columns after the load, such as DECIMAL(18,2), by name and in their order; a type is null if
 *     Caravan does not create columns of it. Empty if they are not known
 * @param query the id that the warehouse gave the statement that has written the rows, or null
 * @param committed when
 */
public record Load(
        String id,
        String table,
        String mode,
        long read,
        long inserted,
        long updated,
        long deleted,
        long bytes,
        String cursorColumn,
        String cursor,
        List<String> changes,
        Map<String, String> columns,
        String query,
        Instant committed) {

    /** The change of a load that has created its table. */
    public static final String CREATED = "create the table";
}
