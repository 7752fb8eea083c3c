package dev.caravan.warehouse;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;

/**
 * The versions of the tables whose cursors an exchange has read. It can load the rows that follow a cursor only while the
 * table has that version: otherwise another load has loaded the same rows.
 */
final class CursorVersions {

    private static final String PROPERTY = "CaravanWarehouseCursors";

    /** By the folded name of the table: a route can spell it in several ways. */
    private final Map<TableName, Long> versions = new ConcurrentHashMap<>();

    private final Set<String> readers = ConcurrentHashMap.newKeySet();

    /** Returns the versions of an exchange; the parts of a split share them. */
    static CursorVersions of(Exchange exchange) {
        CursorVersions known = exchange.getProperty(PROPERTY, CursorVersions.class);
        if (known == null) {
            known = new CursorVersions();
            exchange.setProperty(PROPERTY, known);
        }
        return known;
    }

    void read(Exchange exchange, TableName folded, long version) {
        readers.add(exchange.getExchangeId());
        versions.put(folded, version);
    }

    /** Returns the version whose cursor was read, or null. */
    Long get(TableName folded) {
        return versions.get(folded);
    }

    /** Returns whether this exchange itself has read a cursor, and not the one that it was split from. */
    boolean areReadBy(Exchange exchange) {
        return readers.contains(exchange.getExchangeId());
    }

    /** Removes the version of a table into which the exchange has loaded. */
    void loaded(TableName folded) {
        versions.remove(folded);
    }
}
