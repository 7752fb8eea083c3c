package dev.caravan.operations.verify;

import dev.caravan.warehouse.Dialect;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.TableName;
import dev.caravan.warehouse.Warehouse;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Runs queries with small results on the warehouse, whatever its engine. */
final class Lookup {

    private final Warehouse warehouse;
    private final Map<TableName, LoadRecords> loadRecords = new ConcurrentHashMap<>();

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

    /** Returns the load records of a table's schema, read once. */
    LoadRecords loadRecords(TableName table) {
        return loadRecords.computeIfAbsent(table.sibling(""), schema -> LoadRecords.read(this, table));
    }

    /** Converts the types that warehouses have for a time; one without a zone is in UTC. */
    static Instant instant(Object moment) {
        if (moment instanceof OffsetDateTime time) {
            return time.toInstant();
        } else if (moment instanceof ZonedDateTime time) {
            return time.toInstant();
        } else if (moment instanceof LocalDateTime time) {
            return time.toInstant(ZoneOffset.UTC);
        }
        return ((Timestamp) moment).toInstant();
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
}
