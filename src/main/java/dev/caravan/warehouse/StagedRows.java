package dev.caravan.warehouse;

import java.util.List;

/**
 * The rows that were staged.
 *
 * @param columns the columns, in the order in which they were staged
 * @param rows the number of rows
 * @param bytes the size of the rows
 */
record StagedRows(List<StagedColumn> columns, long rows, long bytes) {

    /** Returns the name of a column in {@link Database#stagingRelation()}. */
    static String column(int position) {
        return "c" + position;
    }
}
