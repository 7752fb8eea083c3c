package dev.caravan.data;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Rows whose source declares its columns, so that a column of nothing but NULLs still has its type. Each row maps all
 * column names, in order, to a value of the Java type that {@link ColumnType.Kind} names, or null.
 */
public interface Rows extends Iterator<Map<String, Object>>, AutoCloseable {

    /** The columns, in order. */
    List<Column> columns();

    @Override
    void close();
}
