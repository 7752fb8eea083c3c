package dev.caravan.warehouse;

import java.sql.SQLException;

/**
 * The resources of one load: a staging area outside any transaction of the target, and the connection to the target. Closing
 * it drops the staged rows.
 */
public interface LoadSession extends AutoCloseable {

    /** Adds rows to the staging area. Batches come in order, all from one thread. */
    void stage(Batch batch) throws SQLException;

    /**
     * Makes all staged rows readable as {@link Database#stagingRelation()}.
     *
     * @return their size in bytes
     */
    long finishStaging() throws SQLException;

    /**
     * Opens the table's database.
     *
     * @param write whether it will be written to
     */
    Database open(boolean write) throws SQLException;

    @Override
    void close();
}
