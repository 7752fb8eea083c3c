package dev.caravan.warehouse;

import java.util.Iterator;
import java.util.List;

/** The rows of a query. Iterating throws what the query itself throws. */
public interface QueryResult extends Iterator<List<Object>>, AutoCloseable {

    /** Returns the names of the columns. */
    List<String> columns();

    @Override
    void close();
}
