package dev.caravan.warehouse;

import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/**
 * Lets the next load of a table begin anew: forgets its cursor, or drops it with all that is recorded of it. Loads that
 * are under way fail, and begin anew too.
 */
final class Reset {

    private static final String ID = "caravan reset";

    private final Engine engine;
    private final TableName name;
    private final boolean drop;

    /** @param drop whether the table goes too */
    Reset(Engine engine, TableName name, boolean drop) {
        this.engine = engine;
        this.name = name;
        this.drop = drop;
    }

    /**
     * Does it.
     *
     * @return the cursor that was forgotten, or null if there was none
     */
    String run() {
        try (LoadSession session = engine.connect(name, null)) {
            // before it is opened for writing: DuckDB would create what is not there
            try (Database database = session.open(false)) {
                look(database);
            }
            try (Database database = session.open(true)) {
                return run(database);
            }
        } catch (SQLException e) {
            throw engine.explain("Resetting " + name, e);
        }
    }

    private Bookkeeping.State look(Database database) throws SQLException {
        Bookkeeping.State state = new Bookkeeping(database, database.resolve(name)).state();
        if (state.version() == 0) {
            throw new UsageException("Nothing has been loaded into " + name
                    + ", so there is nothing to reset; tables of others are dropped by SQL");
        }
        state.requireOpen(ID, name);
        return state;
    }

    private String run(Database database) throws SQLException {
        Bookkeeping.State seen = look(database);
        TableName table = database.resolve(name);
        Bookkeeping bookkeeping = new Bookkeeping(database, table);
        bookkeeping.prepare();
        if (drop && !database.dialect().hasTransactionalDdl()) {
            // a transaction would not hold it
            Bookkeeping.State held = bookkeeping.claim(seen, ID).orElseThrow(this::overtaken);
            try {
                database.drop(table);
                transact(database, bookkeeping, held, false, table);
            } catch (SQLException | RuntimeException e) {
                bookkeeping.release(held);
                throw e;
            }
        } else {
            transact(database, bookkeeping, seen, drop, table);
        }
        return seen.cursor() == null ? null : seen.cursor().text();
    }

    private void transact(
            Database database, Bookkeeping bookkeeping, Bookkeeping.State held, boolean dropNow, TableName table)
            throws SQLException {
        database.begin();
        try {
            if (dropNow) {
                database.drop(table);
            }
            if (drop) {
                bookkeeping.forgetLoads();
            }
            if (!bookkeeping.advance(held, null, ID, Instant.now(), drop ? List.of() : held.columns())) {
                throw overtaken();
            }
            database.commit();
        } catch (SQLException | RuntimeException e) {
            database.rollback();
            throw e;
        }
    }

    private TransientException overtaken() {
        return new TransientException("A load has just written to " + name + "; nothing was reset, try again");
    }
}
