package dev.caravan.warehouse;

import dev.caravan.run.Run;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The warehouse, as its readers see it. */
public final class Warehouse {

    private final Engine engine;

    /** Creates a warehouse of an engine. Nothing is opened before it is needed. */
    public Warehouse(Engine engine) {
        this.engine = engine;
    }

    /**
     * Runs a query. It sees every database under its name, and can change none.
     *
     * @return the rows; closing them also releases the databases, and memory that is not in the heap
     */
    public QueryResult query(String sql) {
        return query(sql, null);
    }

    /**
     * Runs a query on behalf of a run, as {@link #query(String)} does.
     *
     * @param run the run, or null; engines with a query history name it there
     */
    public QueryResult query(String sql, Run run) {
        try {
            return engine.query(sql, run);
        } catch (SQLException e) {
            throw engine.explain("The query", e);
        }
    }

    /** Returns where its tables are, as a namespace of OpenLineage: {@code postgres://HOST:PORT}. */
    public String namespace() {
        try {
            return engine.namespace();
        } catch (SQLException e) {
            throw engine.explain("The look-up of the warehouse's address", e);
        }
    }

    /** Returns the names of the databases that the warehouse has and its user sees. */
    public List<String> databases() {
        return names(dialect().databases());
    }

    /** Returns the names of the schemas of a database. */
    public List<String> schemas(String database) {
        return names(dialect().schemas(database));
    }

    private List<String> names(String sql) {
        try (QueryResult rows = query(sql)) {
            int name = rows.columns().indexOf("name");
            List<String> names = new ArrayList<>();
            rows.forEachRemaining(row -> names.add(String.valueOf(row.get(name))));
            return names;
        }
    }

    /**
     * Makes the next load of a table start from the beginning.
     *
     * @param table as in {@code warehouse:DATABASE.SCHEMA.TABLE}
     * @param drop whether to drop the table too, with the records of its loads; otherwise only its cursor is deleted
     * @return the cursor that was deleted, or null if there was none
     */
    public String reset(String table, boolean drop) {
        return new Reset(engine, TableName.parse(table), drop).run();
    }

    /** Returns the SQL of the engine. */
    public Dialect dialect() {
        return engine.dialect();
    }

    Engine engine() {
        return engine;
    }
}
