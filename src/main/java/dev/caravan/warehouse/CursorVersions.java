package dev.caravan.warehouse;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;

/**
 * The versions of the tables whose cursors an exchange has read. What it reads from there on may be loaded only as long
 * as that is the table's version: else another load has taken the same rows.
 */
final class CursorVersions {

    private static final String PROPERTY = "CaravanWarehouseCursors";

    private final Map<TableName, Long> versions = new ConcurrentHashMap<>();

    /** Those of an exchange, which the parts of a split share with it. */
    static CursorVersions of(Exchange exchange) {
        CursorVersions known = exchange.getProperty(PROPERTY, CursorVersions.class);
        if (known == null) {
            known = new CursorVersions();
            exchange.setProperty(PROPERTY, known);
        }
        return known;
    }

    void read(TableName table, long version) {
        versions.put(table, version);
    }

    /** The version whose cursor was read, or null. */
    Long get(TableName table) {
        return versions.get(table);
    }

    /** The exchange's own load has made a new version. */
    void loaded(TableName table) {
        versions.remove(table);
    }
}
