package dev.caravan.warehouse;

import dev.caravan.run.Run;
import dev.caravan.warehouse.duckdb.DuckDbEngine;
import dev.caravan.warehouse.snowflake.Snowflake;
import dev.caravan.warehouse.snowflake.SnowflakeEngine;
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
     * A directory of DuckDB files. Nothing is opened before it is needed.
     *
     * @param directory where the files are
     * @param lockTimeout how long to wait for a file that another process has open
     */
    public static Warehouse of(Path directory, Duration lockTimeout) {
        return new Warehouse(new DuckDbEngine(directory, lockTimeout));
    }

    /**
     * An account of Snowflake.
     *
     * @param directory where rows may wait for their upload
     */
    public static Warehouse of(Snowflake account, Path directory) {
        return new Warehouse(new SnowflakeEngine(account, directory));
    }

    /**
     * Runs a query. It sees every database under its name, and can change none.
     *
     * @return the rows, one after the other; DuckDB holds them outside the heap until they are closed, which also lets go
     *     of the databases
     */
    public QueryResult query(String sql) {
        return query(sql, null);
    }

    /**
     * Runs a query on behalf of a run, as {@link #query(String)} does.
     *
     * @param run the run, or null; products that keep a history of their statements name it there
     */
    public QueryResult query(String sql, Run run) {
        try {
            return engine.query(sql, run);
        } catch (SQLException e) {
            throw engine.explain("The query", e);
        }
    }

    /**
     * Lets the next load of a table begin anew.
     *
     * @param table as in {@code warehouse:DATABASE.SCHEMA.TABLE}
     * @param drop whether the table goes too, with the records of its loads; otherwise only its cursor is forgotten
     * @return the cursor that was forgotten, or null if there was none
     */
    public String reset(String table, boolean drop) {
        return new Reset(engine, TableName.parse(table), drop).run();
    }

    Engine engine() {
        return engine;
    }
}
