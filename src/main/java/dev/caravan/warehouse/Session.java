package dev.caravan.warehouse;

import java.sql.SQLException;

/**
 * What one load owns: a place where its rows wait, outside any transaction of the target, and the way to the target.
 * Closing it drops the rows that wait.
 */
public interface Session extends AutoCloseable {

    /** Adds rows to those that wait. Batches come in order, all from one thread. */
    void stage(Batch batch) throws SQLException;

    /**
     * Makes all staged rows readable as {@link Database#staged()}.
     *
     * @return how many bytes they take
     */
    long staged() throws SQLException;

    /**
     * Opens the table's database.
     *
     * @param write whether something will be written
     */
    Database open(boolean write) throws SQLException;

    @Override
    void close();
}
