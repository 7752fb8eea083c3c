package dev.caravan.data;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Rows with declared columns, so that a column with only NULLs still has its type. Each row maps all column names, in
 * order, to a value of the Java type of its {@link ColumnType.Kind}, or null.
 */
public interface Rows extends Iterator<Map<String, Object>>, AutoCloseable {

    /** Returns the columns, in order. */
    List<Column> columns();

    @Override
    void close();
}
