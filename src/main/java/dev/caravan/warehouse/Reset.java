package dev.caravan.warehouse;

import dev.caravan.run.UsageException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/**
 * Makes the next load of a table start from the beginning: deletes its cursor, or drops the table with the records of its
 * loads. Loads in progress fail, and their next attempts start from the beginning too.
 */
final class Reset {

    private static final String ID = "caravan reset";

    private final Engine engine;
    private final TableName name;
    private final boolean drop;

    /** @param drop whether to drop the table */
    Reset(Engine engine, TableName name, boolean drop) {
        this.engine = engine;
        this.name = name;
        this.drop = drop;
    }

    /**
     * Runs the reset.
     *
     * @return the cursor that was deleted, or null if there was none
     */
    String run() {
        try (LoadSession session = engine.connect(name, null)) {
            // before it is opened for writing, which would create a missing DuckDB file
            try (Database database = session.open(false)) {
                guard(database);
            }
            try (Database database = session.open(true)) {
                return run(database, guard(database));
            }
        } catch (SQLException e) {
            throw engine.explain("Resetting " + name, e);
        }
    }

    private ChangeGuard guard(Database database) throws SQLException {
        Bookkeeping bookkeeping = new Bookkeeping(database, database.resolve(name));
        TableState state = bookkeeping.state();
        if (state.version() == 0) {
            throw new UsageException("Nothing has been loaded into " + name
                    + ", so there is nothing to reset; drop tables that Caravan did not load by SQL");
        }
        ChangeGuard guard = database.guard(bookkeeping, state, ID);
        guard.requireAvailable();
        return guard;
    }

    private String run(Database database, ChangeGuard guard) throws SQLException {
        Cursor cursor = guard.state().cursor();
        try {
            guard.changeBefore(change(database, guard));
            transact(database, guard);
        } catch (SQLException | RuntimeException e) {
            guard.abandon(e);
            throw e;
        }
        return cursor == null ? null : cursor.text();
    }

    private void transact(Database database, ChangeGuard guard) throws SQLException {
        Bookkeeping bookkeeping = guard.bookkeeping();
        database.transact(() -> {
            guard.changeWithin(change(database, guard));
            if (drop) {
                bookkeeping.deleteLoads();
            }
            if (!bookkeeping.advance(
                    guard.state().version(),
                    guard.nextVersion(),
                    null,
                    ID,
                    Instant.now(),
                    drop ? List.of() : guard.state().columns())) {
                throw bookkeeping.overtaken();
            }
            return null;
        });
    }

    private TableChange change(Database database, ChangeGuard guard) {
        return new TableChange() {
            @Override
            public boolean isNeeded() {
                return drop;
            }

            @Override
            public long apply() throws SQLException {
                if (drop) {
                    database.drop(guard.bookkeeping().table());
                }
                return 0;
            }
        };
    }
}
