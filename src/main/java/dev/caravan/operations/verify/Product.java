package dev.caravan.operations.verify;

import dev.caravan.operations.infra.Names;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.util.List;
import java.util.Map;

/** The database products, in what differs between them when one looks around. */
enum Product {
    DUCKDB(
            "SELECT database_name AS name FROM duckdb_databases()",
            "SELECT schema_name AS name FROM information_schema.schemata WHERE catalog_name = %s",
            "run a pipeline that loads into it, which creates it"),
    SNOWFLAKE(
            "SHOW DATABASES",
            "SHOW SCHEMAS IN DATABASE %s",
            "create it with caravan infra apply, or grant the role USAGE on it");

    private final String databases;
    private final String schemas;
    private final String creation;

    Product(String databases, String schemas, String creation) {
        this.databases = databases;
        this.schemas = schemas;
        this.creation = creation;
    }

    /**
     * The product of the {@code warehouse:} component's option {@code engine}.
     *
     * @throws UsageException if it is another one
     */
    static Product of(String engine) {
        return switch (engine) {
            case "duckdb" -> DUCKDB;
            case "snowflake" -> SNOWFLAKE;
            default -> throw new UsageException("verify cannot look into a warehouse of the engine " + engine);
        };
    }

    /** A text as a literal: only Snowflake takes the backslash for an escape. */
    String literal(String text) {
        return this == SNOWFLAKE ? Snowflake.literal(text) : "'" + text.replace("'", "''") + "'";
    }

    /** The databases that the session sees. */
    List<String> databases(Lookup lookup) {
        return names(lookup.rows(databases));
    }

    /** The schemas of a database that the session sees. */
    List<String> schemas(Lookup lookup, String database) {
        String named = this == SNOWFLAKE ? Names.sql(Names.fold(database)) : literal(database);
        return names(lookup.rows(schemas.formatted(named)));
    }

    /** What to do for a database, a schema or a table that is not there. */
    String creation() {
        return creation;
    }

    private static List<String> names(List<Map<String, Object>> rows) {
        return rows.stream().map(row -> String.valueOf(row.get("name"))).toList();
    }
}
