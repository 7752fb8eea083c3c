package dev.caravan.operations.verify;

import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.Warehouse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Asks the warehouse questions that have short answers. */
final class Lookup {

    private final Warehouse warehouse;

    Lookup(Warehouse warehouse) {
        this.warehouse = warehouse;
    }

    /** The rows of a query, by the names of their columns in lower case. */
    List<Map<String, Object>> rows(String sql) {
        try (QueryResult result = warehouse.query(sql)) {
            List<Map<String, Object>> rows = new ArrayList<>();
            result.forEachRemaining(values -> {
                Map<String, Object> row = new TreeMap<>();
                for (int i = 0; i < values.size(); i++) {
                    row.put(result.columns().get(i).toLowerCase(Locale.ROOT), values.get(i));
                }
                rows.add(row);
            });
            return rows;
        }
    }

    /** The single row of a query, in the order of its columns. */
    List<Object> row(String sql) {
        try (QueryResult result = warehouse.query(sql)) {
            return result.next();
        }
    }
}
