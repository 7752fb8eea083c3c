package dev.caravan.warehouse;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The state that the last load of a table has left in {@code _caravan_state}.
 *
 * @param version counts the loads; 0 if there was none. An engine's {@link ChangeGuard} can reserve versions below 0
 * @param cursor the cursor, or null
 * @param loadId the load that has written the state, or null
 * @param since when it was written, or null
 * @param columns the columns that loads have brought; null if that is not recorded
 */
public record TableState(long version, Cursor cursor, String loadId, Instant since, List<String> columns) {

    static final TableState NONE = new TableState(0, null, null, null, null);

    /** Returns the cursor; empty if a column is given and the cursor is that of another one. */
    Optional<Cursor> cursor(Dialect dialect, String column) {
        return Optional.ofNullable(cursor)
                .filter(known -> column == null || dialect.fold(column).equals(dialect.fold(known.column())));
    }
}
