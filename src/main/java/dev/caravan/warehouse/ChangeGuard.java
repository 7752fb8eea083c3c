package dev.caravan.warehouse;

import dev.caravan.run.TransientException;
import java.sql.SQLException;
import java.util.List;

/**
 * Protects a table that a load changes against loads that run at the same time. This one makes the change in the transaction
 * of the load; an engine whose DDL commits at once extends it.
 */
public class ChangeGuard {

    private final Bookkeeping bookkeeping;
    private final String loadId;
    private TableState state;

    /**
     * @param bookkeeping that of the table
     * @param state the state that must still hold when the load commits
     * @param loadId the load
     */
    public ChangeGuard(Bookkeeping bookkeeping, TableState state, String loadId) {
        this.bookkeeping = bookkeeping;
        this.state = state;
        this.loadId = loadId;
    }

    /**
     * Checks that the load can begin.
     *
     * @throws TransientException if another load is changing the table
     */
    public void requireAvailable() {}

    /**
     * Repairs a table that a load has left half changed.
     *
     * @param columns the columns of the table
     * @return the columns after the repair
     */
    public List<TableColumn> repair(List<TableColumn> columns) throws SQLException {
        return columns;
    }

    /** Makes the change before the transaction begins, if the transaction would not hold it. */
    public void changeBefore(TableChange change) throws SQLException {}

    /**
     * Makes the change in the transaction, if it holds it.
     *
     * @return how many rows it has deleted
     */
    public long changeWithin(TableChange change) throws SQLException {
        return apply(change);
    }

    /** Makes a change; the tables of the bookkeeping exist after it. */
    protected final long apply(TableChange change) throws SQLException {
        prepare();
        return change.apply();
    }

    /** Prepares the bookkeeping, unless the table's state shows that a load of this version has. */
    protected final void prepare() throws SQLException {
        if (state.columns() == null) {
            bookkeeping.prepare();
        }
    }

    /** Returns the version of the table after the commit. */
    public long nextVersion() {
        return state.version() + 1;
    }

    /**
     * Gives the table up after the load has failed.
     *
     * @return whether another load is the reason for the failure
     */
    public boolean abandon(Exception failure) {
        return false;
    }

    /** Returns the state that must still hold when the load commits. */
    public final TableState state() {
        return state;
    }

    /** Replaces the state that must still hold, by one that the guard has written. */
    protected final void hold(TableState written) {
        state = written;
    }

    protected final Bookkeeping bookkeeping() {
        return bookkeeping;
    }

    protected final String loadId() {
        return loadId;
    }
}
