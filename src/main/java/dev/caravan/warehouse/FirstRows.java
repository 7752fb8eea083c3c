package dev.caravan.warehouse;

import dev.caravan.data.Column;
import dev.caravan.data.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/** The first rows of others, which it remembers. */
final class FirstRows implements Rows {

    private final Rows all;
    private final int limit;
    private final List<Map<String, Object>> taken = new ArrayList<>();

    FirstRows(Rows all, int limit) {
        this.all = all;
        this.limit = limit;
    }

    /** Returns the rows that were read. */
    List<Map<String, Object>> taken() {
        return taken;
    }

    @Override
    public List<Column> columns() {
        return all.columns();
    }

    @Override
    public boolean hasNext() {
        return taken.size() < limit && all.hasNext();
    }

    @Override
    public Map<String, Object> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Map<String, Object> row = all.next();
        taken.add(row);
        return row;
    }

    @Override
    public void close() {
        all.close();
    }
}
