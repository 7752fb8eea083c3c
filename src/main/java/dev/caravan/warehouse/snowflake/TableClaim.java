package dev.caravan.warehouse.snowflake;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.warehouse.Bookkeeping;
import dev.caravan.warehouse.ChangeGuard;
import dev.caravan.warehouse.TableChange;
import dev.caravan.warehouse.TableColumn;
import dev.caravan.warehouse.TableState;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Claims a table before it changes, because Snowflake commits each DDL statement at once: while the table's version is
 * negative, loads that began earlier cannot commit, and no other load begins. The commit of the load, or its failure, ends the
 * claim.
 */
final class TableClaim extends ChangeGuard {

    /** The age at which a claim is abandoned: by then Snowflake has ended the session of a process that died. */
    private static final Duration ABANDONED = Duration.ofHours(4);

    private final SnowflakeDatabase database;
    private boolean claimed;

    TableClaim(SnowflakeDatabase database, Bookkeeping bookkeeping, TableState state, String loadId) {
        super(bookkeeping, state, loadId);
        this.database = database;
    }

    private static boolean isClaim(TableState state) {
        return state.version() < 0;
    }

    /** Another attempt of the load that holds the claim can go on. */
    @Override
    public void requireAvailable() {
        TableState state = state();
        if (isClaim(state) && !loadId().equals(state.loadId())) {
            Instant end = state.since().plus(ABANDONED);
            if (end.isAfter(Instant.now())) {
                throw new TransientException("The load " + state.loadId() + " is changing the columns of "
                        + bookkeeping().table() + ", so no other load can begin. If its process has died and it is not"
                        + " retried, other loads can begin at " + end.truncatedTo(ChronoUnit.SECONDS));
            }
        }
    }

    @Override
    public List<TableColumn> repair(List<TableColumn> columns) throws SQLException {
        if (!isClaim(state()) && !ColumnSwap.isUnfinished(columns)) {
            return columns;
        }
        claim();
        ColumnSwap.finish(database, bookkeeping().table());
        return database.columns(bookkeeping().table());
    }

    @Override
    public void changeBefore(TableChange change) throws SQLException {
        if (change.isNeeded() && !claimed) {
            claim();
        }
        apply(change);
    }

    @Override
    public long changeWithin(TableChange change) {
        return 0;
    }

    @Override
    public long nextVersion() {
        return isClaim(state()) ? -state().version() : super.nextVersion();
    }

    private void claim() throws SQLException {
        prepare();
        TableState seen = state();
        Instant now = Instant.now();
        TableState claim = new TableState(-Math.abs(seen.version()) - 1, seen.cursor(), loadId(), now, seen.columns());
        if (!bookkeeping()
                .update(
                        seen.version(),
                        "version = ?, load_id = ?, updated_at = ?",
                        claim.version(),
                        loadId(),
                        Bookkeeping.time(now))) {
            throw bookkeeping().overtaken();
        }
        hold(claim);
        claimed = true;
    }

    @Override
    public boolean abandon(Exception failure) {
        boolean interrupted = Thread.interrupted(); // an interrupted thread cannot run statements
        try {
            TableState now = bookkeeping().state();
            if (now.version() == state().version()) {
                if (isClaim(state())) {
                    bookkeeping().update(state().version(), "version = ?", nextVersion());
                }
                return false;
            }
            boolean committed = !isClaim(now) && loadId().equals(now.loadId());
            return !committed && (failure instanceof SQLException || failure instanceof PermanentException);
        } catch (SQLException e) {
            failure.addSuppressed(e);
            return false;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
