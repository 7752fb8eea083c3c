package dev.caravan.operations.verify;

import dev.caravan.warehouse.Dialect;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.TableName;
import dev.caravan.warehouse.Warehouse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Runs queries with small results on the warehouse, whatever its engine. */
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

    Warehouse warehouse() {
        return warehouse;
    }

    /** Returns the name of a table as in SQL. */
    String sql(TableName table) {
        Dialect dialect = warehouse.dialect();
        return dialect.qualified(dialect.spell(table));
    }

    /** Returns the name of a column as in SQL. */
    String sql(String column) {
        Dialect dialect = warehouse.dialect();
        return dialect.quote(dialect.spell(column));
    }

    /** Returns the condition for the rows of a table in one of Caravan's own tables. */
    String isAbout(TableName table) {
        return "UPPER(table_name) = UPPER(" + warehouse.dialect().literal(table.table()) + ")";
    }
}
