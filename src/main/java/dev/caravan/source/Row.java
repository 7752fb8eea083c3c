package dev.caravan.source;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.BiConsumer;

/** An unmodifiable row: an array of values, with a header that all rows of the query share. */
final class Row extends AbstractMap<String, Object> {

    private final Header header;
    private final Object[] values;

    Row(Header header, Object[] values) {
        this.header = header;
        this.values = values;
    }

    /** The names of the columns, in order, and their indexes. */
    static final class Header {

        private final String[] names;
        private final Map<String, Integer> index = new HashMap<>();

        Header(List<String> names) {
            this.names = names.toArray(String[]::new);
            for (int i = 0; i < this.names.length; i++) {
                index.put(this.names[i], i);
            }
        }

        int size() {
            return index.size();
        }

        List<String> names() {
            return List.of(names);
        }
    }

    @Override
    public Object get(Object name) {
        Integer i = header.index.get(name);
        return i == null ? null : values[i];
    }

    @Override
    public boolean containsKey(Object name) {
        return header.index.containsKey(name);
    }

    @Override
    public int size() {
        return values.length;
    }

    @Override
    public Collection<Object> values() {
        return Collections.unmodifiableList(Arrays.asList(values));
    }

    @Override
    public void forEach(BiConsumer<? super String, ? super Object> action) {
        for (int i = 0; i < values.length; i++) {
            action.accept(header.names[i], values[i]);
        }
    }

    @Override
    public Set<Entry<String, Object>> entrySet() {
        return new AbstractSet<>() {
            @Override
            public int size() {
                return values.length;
            }

            @Override
            public Iterator<Entry<String, Object>> iterator() {
                return entries();
            }
        };
    }

    private Iterator<Entry<String, Object>> entries() {
        return new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < values.length;
            }

            @Override
            public Entry<String, Object> next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                Entry<String, Object> entry = new SimpleImmutableEntry<>(header.names[next], values[next]);
                next++;
                return entry;
            }
        };
    }
}
