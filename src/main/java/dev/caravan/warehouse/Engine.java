package dev.caravan.warehouse;

import dev.caravan.run.Run;
import java.sql.SQLException;

/** A warehouse of one product. One instance serves all loads of the process, from many threads. */
public interface Engine extends AutoCloseable {

    /** Returns the SQL of the engine. */
    Dialect dialect();

    /**
     * Starts what one load, read of a cursor, or script needs. Nothing of the target is locked until it is opened.
     *
     * @param table the table, or a name of which only database and schema count
     * @param run the run on whose behalf it works, or null; engines with a query history name it there
     */
    LoadSession connect(TableName table, Run run) throws SQLException;

    /**
     * Runs a query that can read every database of the warehouse, and change none.
     *
     * @param run as above
     * @return the rows; the caller must close them
     */
    QueryResult query(String sql, Run run) throws SQLException;

    /**
     * Returns the exception to throw: what failed, where, and how to fix it.
     *
     * @param action what was attempted, as the subject of a sentence, such as {@code The query}
     * @return a permanent or a transient exception
     */
    RuntimeException explain(String action, SQLException failure);

    /**
     * Returns where its tables are, as a namespace of OpenLineage: {@code postgres://HOST:PORT}. Their names in it are
     * DATABASE.SCHEMA.TABLE.
     */
    String namespace() throws SQLException;

    /** Releases what loads share, such as pooled connections. The engine can be used again afterwards. */
    @Override
    default void close() {}
}
