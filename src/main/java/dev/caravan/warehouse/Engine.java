package dev.caravan.warehouse;

import dev.caravan.run.Run;
import java.sql.SQLException;

/** A database product that loads go into. An instance serves all loads of the process, from many threads. */
public interface Engine {

    /**
     * Starts what one load, look or script needs. The target is not held until it is opened.
     *
     * @param table the table that it is about, or just its schema
     * @param run the run that it works for, or null; products that keep a history of their statements name it there
     */
    Session connect(TableName table, Run run) throws SQLException;

    /**
     * Runs a query that may read every database of the warehouse and change none.
     *
     * @param run as above
     * @return the rows, which whoever asks closes
     */
    QueryResult query(String sql, Run run) throws SQLException;

    /**
     * The exception that tells an operator what has failed, where, and what to do.
     *
     * @param doing what was being done, as the beginning of a sentence
     * @return a permanent or a transient exception
     */
    RuntimeException explain(String doing, SQLException failure);
}
