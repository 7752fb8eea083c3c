package dev.caravan.warehouse;

import java.util.Iterator;
import java.util.List;

/** The rows of a query, one after the other. Iterating may fail as the query itself may. */
public interface QueryResult extends Iterator<List<Object>>, AutoCloseable {

    /** The names of the columns, in order. */
    List<String> columns();

    @Override
    void close();
}
