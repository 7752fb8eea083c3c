package dev.caravan.warehouse;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.run.TransientException;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The two tables beside the data: {@code _caravan_loads}, a row per load, and {@code _caravan_state}, a row per table. */
final class Bookkeeping {

    /** How all names begin that are not the user's. */
    static final String RESERVED = "_caravan_";
    /** The column of each data row that tells which load has written it. */
    static final String LOAD_ID = RESERVED + "load_id";

    /** A load that has been changing a table for so long has died: Snowflake ends the sessions of the dead by then. */
    private static final Duration ABANDONED = Duration.ofHours(4);

    private static final String LOADS = RESERVED + "loads";
    private static final String STATE = RESERVED + "state";

    private static final String LOADED_COLUMNS = "loaded_columns";

    private static final List<Column> LOADS_COLUMNS = List.of(
            column("load_id", Kind.TEXT),
            column("table_name", Kind.TEXT),
            column("run_id", Kind.TEXT),
            column("mode", Kind.TEXT),
            column("rows_staged", Kind.INTEGER),
            column("rows_inserted", Kind.INTEGER),
            column("rows_updated", Kind.INTEGER),
            column("rows_deleted", Kind.INTEGER),
            column("bytes_staged", Kind.INTEGER),
            column("started_at", Kind.TIMESTAMP_TZ),
            column("committed_at", Kind.TIMESTAMP_TZ),
            column("cursor_before", Kind.TEXT),
            column("cursor_after", Kind.TEXT),
            column("schema_changes", Kind.TEXT));
    private static final List<Column> STATE_COLUMNS = List.of(
            column("table_name", Kind.TEXT),
            column("version", Kind.INTEGER),
            column("cursor_column", Kind.TEXT),
            column("cursor_type", Kind.TEXT),
            column("cursor_value", Kind.TEXT),
            column("load_id", Kind.TEXT),
            column("updated_at", Kind.TIMESTAMP_TZ),
            column(LOADED_COLUMNS, Kind.TEXT));

    private final Database database;
    private final TableName table;
    private final TableName loads;
    private final TableName state;

    Bookkeeping(Database database, TableName table) {
        this.database = database;
        this.table = table;
        this.loads = table.sibling(database.dialect().spell(LOADS));
        this.state = table.sibling(database.dialect().spell(STATE));
    }

    private static Column column(String name, Kind kind) {
        return new Column(name, ColumnType.of(kind));
    }

    /**
     * What the last load of the table has left.
     *
     * @param version counts the table's loads; 0 if there was none, and below 0 while one changes the table itself
     * @param cursor the cursor, or null
     * @param loadId the load that has written the state, or null
     * @param since when it has, or null
     * @param columns the columns that loads have brought; null if that is not recorded
     */
    record State(long version, Cursor cursor, String loadId, Instant since, List<String> columns) {

        static final State NONE = new State(0, null, null, null, null);

        /** Whether a load is changing the table itself, or has died while it did. */
        boolean isClaimed() {
            return version < 0;
        }

        /** Until when another load has to keep off; null if it need not: an attempt of the same load may go on. */
        private Instant closedTo(String load) {
            if (!isClaimed() || load.equals(loadId)) {
                return null;
            }
            Instant end = since.plus(ABANDONED);
            return end.isAfter(Instant.now()) ? end : null;
        }

        /** Refuses a load, or whatever else would write, while another one changes the table. */
        void requireOpen(String load, TableName table) {
            Instant closed = closedTo(load);
            if (closed != null) {
                throw new TransientException("The load " + loadId + " is changing the columns of " + table
                        + ", so that no other can begin; if it has died, and none of its own tries goes on, others do at "
                        + closed.truncatedTo(ChronoUnit.SECONDS));
            }
        }

        private State claimed(String load, Instant now) {
            return new State(-Math.abs(version) - 1, cursor, load, now, columns);
        }

        /** The version after this one, at which nobody changes the table. */
        private long next() {
            return isClaimed() ? -version : version + 1;
        }

        /** The cursor, if it is the one of that column. */
        Optional<Cursor> cursor(Dialect dialect, String column) {
            return Optional.ofNullable(cursor)
                    .filter(known -> column == null || dialect.fold(column).equals(dialect.fold(known.column())));
        }
    }

    /** The state of the table. */
    State state() throws SQLException {
        if (database.find(state).isEmpty()) {
            return State.NONE;
        }
        return database
                .query(
                        // all of it, because tables of earlier versions do not have all columns
                        "SELECT * FROM " + database.dialect().qualified(state) + " WHERE table_name = ?",
                        this::readState,
                        table.table())
                .stream()
                .findFirst()
                .orElse(State.NONE);
    }

    private State readState(ResultSet row) throws SQLException {
        Map<String, Integer> at = positions(row.getMetaData());
        String column = row.getString(at.get("cursor_column"));
        Integer loaded = at.get(LOADED_COLUMNS);
        String columns = loaded == null ? null : row.getString(loaded);
        return new State(
                row.getLong(at.get("version")),
                column == null
                        ? null
                        : Cursor.parse(
                                column,
                                Kind.valueOf(row.getString(at.get("cursor_type"))),
                                row.getString(at.get("cursor_value"))),
                row.getString(at.get("load_id")),
                instant(row, at.get("updated_at")),
                columns == null ? null : parse(columns));
    }

    /** Where the columns are, by their names in small letters: not every driver finds a name whatever its case. */
    private static Map<String, Integer> positions(ResultSetMetaData columns) throws SQLException {
        Map<String, Integer> positions = new HashMap<>();
        for (int i = 1; i <= columns.getColumnCount(); i++) {
            positions.put(columns.getColumnName(i).toLowerCase(Locale.ROOT), i);
        }
        return positions;
    }

    private static List<String> parse(String names) {
        try {
            return List.of(JsonRows.MAPPER.readValue(names, String[].class));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("Not a list of columns: " + names, e);
        }
    }

    private static String write(List<String> names) {
        try {
            return JsonRows.MAPPER.writeValueAsString(names);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The load of that id, if it has been committed. */
    Optional<LoadResult> find(String loadId) throws SQLException {
        if (database.find(loads).isEmpty()) {
            return Optional.empty();
        }
        return database
                .query(
                        "SELECT run_id, mode, rows_staged, rows_inserted, rows_updated, rows_deleted, bytes_staged,"
                                + " started_at, committed_at, cursor_before, cursor_after FROM "
                                + database.dialect().qualified(loads)
                                + " WHERE load_id = ? AND table_name = ?",
                        row -> new LoadResult(
                                loadId,
                                table.toString(),
                                row.getString(1),
                                Mode.valueOf(row.getString(2).toUpperCase(Locale.ROOT)),
                                row.getLong(3),
                                row.getLong(4),
                                row.getLong(5),
                                row.getLong(6),
                                row.getLong(7),
                                instant(row, 8),
                                instant(row, 9),
                                row.getString(10),
                                row.getString(11),
                                List.of(),
                                true),
                        loadId,
                        table.table())
                .stream()
                .findFirst();
    }

    private Instant instant(ResultSet row, int index) throws SQLException {
        Object value = database.value(row, index, Kind.TIMESTAMP_TZ);
        return value == null ? null : ((OffsetDateTime) value).toInstant();
    }

    /** Makes sure that the tables are there, with the columns of this version, and that the table has its row. */
    void prepare() throws SQLException {
        if (database.find(state).isEmpty()) {
            database.create(loads, LOADS_COLUMNS, List.of("load_id", "table_name"));
            database.create(state, STATE_COLUMNS, List.of("table_name"));
        } else {
            upgrade(loads, LOADS_COLUMNS);
            upgrade(state, STATE_COLUMNS);
        }
        database.update(database.dialect().insertIfAbsent(state, "table_name", "version", "0"), table.table());
    }

    private void upgrade(TableName old, List<Column> columns) throws SQLException {
        Set<String> there = database.columns(old).stream()
                .map(column -> database.dialect().fold(column.name()))
                .collect(Collectors.toSet());
        for (Column column : columns) {
            if (!there.contains(database.dialect().fold(column.name()))) {
                database.addIfMissing(old, column);
            }
        }
    }

    /**
     * Takes the table for a load that changes it: whoever has begun earlier cannot commit any more, and nobody begins.
     *
     * @return the state that holds now; nothing if another load has written it meanwhile
     */
    Optional<State> claim(State seen, String loadId) throws SQLException {
        State claimed = seen.claimed(loadId, Instant.now());
        boolean mine = database.update(
                        "UPDATE " + database.dialect().qualified(state)
                                + " SET version = ?, load_id = ?, updated_at = ? WHERE table_name = ? AND version = ?",
                        claimed.version(),
                        loadId,
                        time(claimed.since()),
                        table.table(),
                        seen.version())
                == 1;
        return mine ? Optional.of(claimed) : Optional.empty();
    }

    /** Lets others have the table again, which the load that has taken it may have changed. */
    void release(State claimed) throws SQLException {
        database.update(
                "UPDATE " + database.dialect().qualified(state)
                        + " SET version = ? WHERE table_name = ? AND version = ?",
                claimed.next(),
                table.table(),
                claimed.version());
    }

    /**
     * Writes the state that follows another one.
     *
     * @param cursor or null
     * @param load the id of what writes it
     * @param columns the columns that loads have brought; null if that is not recorded
     * @return false if a different load has written it meanwhile
     */
    boolean advance(State seen, Cursor cursor, String load, Instant now, List<String> columns) throws SQLException {
        return database.update(
                        "UPDATE " + database.dialect().qualified(state)
                                + " SET version = ?, cursor_column = ?, cursor_type = ?,"
                                + " cursor_value = ?, load_id = ?, updated_at = ?, " + LOADED_COLUMNS
                                + " = ? WHERE table_name = ? AND version = ?",
                        seen.next(),
                        cursor == null ? null : cursor.column(),
                        cursor == null ? null : cursor.kind().name(),
                        cursor == null ? null : cursor.text(),
                        load,
                        time(now),
                        columns == null ? null : write(columns),
                        table.table(),
                        seen.version())
                == 1;
    }

    /** Forgets all loads of the table, so that whoever tries one of them again loads again. */
    void forgetLoads() throws SQLException {
        database.update("DELETE FROM " + database.dialect().qualified(loads) + " WHERE table_name = ?", table.table());
    }

    /** Records a load. */
    void record(LoadResult load) throws SQLException {
        database.update(
                "INSERT INTO " + database.dialect().qualified(loads)
                        + " (load_id, table_name, run_id, mode, rows_staged, rows_inserted,"
                        + " rows_updated, rows_deleted, bytes_staged, started_at, committed_at, cursor_before, cursor_after,"
                        + " schema_changes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                load.loadId(),
                table.table(),
                load.run(),
                load.mode().name().toLowerCase(Locale.ROOT),
                load.staged(),
                load.inserted(),
                load.updated(),
                load.deleted(),
                load.bytes(),
                time(load.startedAt()),
                time(load.committedAt()),
                load.cursorBefore(),
                load.cursorAfter(),
                load.schemaChanges().isEmpty() ? null : String.join(", ", load.schemaChanges()));
    }

    private static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
