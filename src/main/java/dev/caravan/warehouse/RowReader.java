package dev.caravan.warehouse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.Rows;
import dev.caravan.run.PermanentException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.BaseStream;
import org.apache.camel.Exchange;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the rows of a message body. */
final class RowReader {

    private static final Logger LOG = LoggerFactory.getLogger(RowReader.class);

    /** The types for which a number in JSON must keep all its digits. */
    private static final Set<Kind> EXACT = EnumSet.of(Kind.DECIMAL, Kind.INTEGER, Kind.TEXT);

    private RowReader() {}

    /**
     * Reads the rows of the exchange's body. Closing them closes the body.
     *
     * @param explicit the types that the user has set, by column
     */
    static Rows rows(Exchange exchange, Map<String, ColumnType> explicit) throws IOException {
        Object body = exchange.getMessage().getBody();
        if (body instanceof Rows rows) {
            return rows;
        }
        Set<String> exact = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        explicit.forEach((column, type) -> {
            if (EXACT.contains(type.kind())) {
                exact.add(column);
            }
        });
        Iterator<?> rows = iterator(body, exact);
        if (rows == null) {
            InputStream in = exchange.getContext().getTypeConverter().tryConvertTo(InputStream.class, exchange, body);
            if (in == null) {
                throw new PermanentException("Cannot load a body of type "
                        + body.getClass().getSimpleName() + ": expected a map, maps, or JSON");
            }
            rows = new JsonRows(in, exact);
        }
        return new Untyped(rows, body);
    }

    private static Iterator<?> iterator(Object body, Set<String> exact) throws IOException {
        if (body == null) {
            return Collections.emptyIterator();
        } else if (body instanceof Map || (body instanceof JsonNode node && node.isObject())) {
            return List.of(body).iterator();
        } else if (body instanceof Iterator<?> iterator) {
            return iterator;
        } else if (body instanceof Iterable<?> iterable && !(body instanceof JsonNode node && !node.isArray())) {
            return iterable.iterator();
        } else if (body instanceof BaseStream<?, ?> stream) {
            return stream.iterator();
        } else if (body instanceof String text) {
            return new JsonRows(new StringReader(text), exact);
        } else if (body instanceof byte[] bytes) {
            return new JsonRows(new ByteArrayInputStream(bytes), exact);
        } else if (body instanceof InputStream in) {
            return new JsonRows(in, exact);
        } else if (body instanceof Reader reader) {
            return new JsonRows(reader, exact);
        }
        return null;
    }

    /** Rows without declared columns. */
    private static final class Untyped implements Rows {

        private final Iterator<?> rows;
        private final Object body;
        private long read;

        Untyped(Iterator<?> rows, Object body) {
            this.rows = rows;
            this.body = body;
        }

        @Override
        public List<Column> columns() {
            return List.of();
        }

        @Override
        public boolean hasNext() {
            return rows.hasNext();
        }

        @Override
        @SuppressWarnings("unchecked") // the names of columns are checked where they are used
        public Map<String, Object> next() {
            read++;
            Object row = rows.next();
            if (row instanceof Map) {
                return (Map<String, Object>) row;
            } else if (row instanceof JsonNode node && node.isObject()) {
                Map<String, Object> fields = new LinkedHashMap<>();
                node.properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
                return fields;
            }
            throw new PermanentException("Row " + read + " is "
                    + (row == null ? "null" : "a " + row.getClass().getSimpleName()) + ", not a map");
        }

        @Override
        public void close() {
            closeQuietly(rows);
            closeQuietly(body);
        }

        private static void closeQuietly(Object source) {
            if (source instanceof AutoCloseable closeable) {
                try {
                    closeable.close();
                } catch (Exception e) {
                    LOG.debug("Closing a source failed", e);
                }
            }
        }
    }
}
