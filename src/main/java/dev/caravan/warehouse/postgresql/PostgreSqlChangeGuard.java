package dev.caravan.warehouse.postgresql;

import dev.caravan.warehouse.Bookkeeping;
import dev.caravan.warehouse.ChangeGuard;
import dev.caravan.warehouse.TableChange;
import dev.caravan.warehouse.TableState;
import java.sql.SQLException;

/**
 * Locks the table's row of the bookkeeping before the table is changed or written to. Loads of the same table thus run one
 * after the other, cannot deadlock, and notice at once that another load has committed since they began.
 */
final class PostgreSqlChangeGuard extends ChangeGuard {

    PostgreSqlChangeGuard(Bookkeeping bookkeeping, TableState state, String loadId) {
        super(bookkeeping, state, loadId);
    }

    @Override
    public long changeWithin(TableChange change) throws SQLException {
        prepare();
        if (!bookkeeping().update(state().version(), "version = version")) {
            throw bookkeeping().overtaken();
        }
        return change.apply();
    }
}
