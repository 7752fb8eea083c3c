package dev.caravan.operations.verify;

import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.Warehouse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Runs queries with small results on the warehouse. */
final class Lookup {

    private final Warehouse warehouse;

    Lookup(Warehouse warehouse) {
        this.warehouse = warehouse;
    }

    /** Returns the rows of a query, by column name in lower case. */
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

    /** Returns the single row of a query. */
    List<Object> row(String sql) {
        try (QueryResult result = warehouse.query(sql)) {
            return result.next();
        }
    }
}
