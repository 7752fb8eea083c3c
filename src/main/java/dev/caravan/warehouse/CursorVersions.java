package dev.caravan.warehouse;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;

/**
 * The versions of the tables whose cursors an exchange has read. What it reads from there on may be loaded only as long
 * as that is the table's version: else another load has taken the same rows.
 */
final class CursorVersions {

    private static final String PROPERTY = "CaravanWarehouseCursors";

    /** By the table's name as the engine folds it: a route may spell it in two ways. */
    private final Map<TableName, Long> versions = new ConcurrentHashMap<>();

    private final Set<String> readers = ConcurrentHashMap.newKeySet();

    /** Those of an exchange, which the parts of a split share with it. */
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

    /** The version whose cursor was read, or null. */
    Long get(TableName folded) {
        return versions.get(folded);
    }

    /** Whether this very exchange has read a cursor, and not the one that it was split from. */
    boolean areReadBy(Exchange exchange) {
        return readers.contains(exchange.getExchangeId());
    }

    /** The exchange's own load has made a new version. */
    void loaded(TableName folded) {
        versions.remove(folded);
    }
}
