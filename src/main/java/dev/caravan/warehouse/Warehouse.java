package dev.caravan.warehouse;

import dev.caravan.run.UsageException;
import dev.caravan.warehouse.duckdb.DuckDbEngine;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;

/** The warehouse, as its readers see it. */
public final class Warehouse {

    private final Engine engine;

    private Warehouse(Engine engine) {
        this.engine = engine;
    }

    /**
     * The warehouse that these settings describe. Nothing is opened before it is needed.
     *
     * @param engine the database product: {@code duckdb}
     * @param directory where DuckDB's files are
     * @param lockTimeout how long to wait for a file that another process has open
     */
    public static Warehouse of(String engine, Path directory, Duration lockTimeout) {
        if (engine.equals("duckdb")) {
            return new Warehouse(new DuckDbEngine(directory, lockTimeout));
        }
        throw new UsageException("There is no warehouse engine " + engine + "; there is: duckdb");
    }

    /**
     * Runs a query. It sees every database under its name, and can change none.
     *
     * @return the rows, one after the other; DuckDB holds them outside the heap until they are closed, which also lets go
     *     of the databases
     */
    public QueryResult query(String sql) {
        try {
            return engine.query(sql);
        } catch (SQLException e) {
            throw engine.explain("The query", e);
        }
    }

    Engine engine() {
        return engine;
    }
}
