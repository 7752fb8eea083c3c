package dev.caravan.warehouse;

import java.sql.SQLException;

/** A change of a table by DDL. */
public interface TableChange {

    /** Returns whether there is anything to change. */
    boolean isNeeded();

    /**
     * Makes the change.
     *
     * @return how many rows it has deleted
     */
    long apply() throws SQLException;
}
