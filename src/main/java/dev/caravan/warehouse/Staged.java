package dev.caravan.warehouse;

import java.util.List;

/** What was staged: the columns, in the order in which they were staged, how many rows, and their size in bytes. */
record Staged(List<StagedColumn> columns, long rows, long bytes) {

    /** The name under which a column is found in {@link Database#staged()}. */
    static String column(int position) {
        return "c" + position;
    }
}
