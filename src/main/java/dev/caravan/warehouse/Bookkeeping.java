package dev.caravan.warehouse;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.run.TransientException;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The two tables in the schema of the data: {@code _caravan_loads} has a row for each load, {@code _caravan_state} a row for
 * each table.
 */
public final class Bookkeeping {

    /** The prefix of all names that Caravan reserves. */
    static final String RESERVED = "_caravan_";
    /** The column of the data with the id of the load that has written the row. */
    static final String LOAD_ID = RESERVED + "load_id";

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
    private boolean prepared;

    Bookkeeping(Database database, TableName table) {
        this.database = database;
        this.table = table;
        this.loads = table.sibling(database.dialect().spell(LOADS));
        this.state = table.sibling(database.dialect().spell(STATE));
    }

    private static Column column(String name, Kind kind) {
        return new Column(name, ColumnType.of(kind));
    }

    /** Returns the table that the state belongs to. */
    public TableName table() {
        return table;
    }

    /** Returns the exception of a load whose table another load has written to. */
    public TransientException overtaken() {
        return overtaken(table);
    }

    static TransientException overtaken(TableName table) {
        return new TransientException(
                "Another load has written to " + table
                        + " since this one began; nothing was changed. The next attempt starts from the state that the other has left");
    }

    /** Reads the state of the table. */
    public TableState state() throws SQLException {
        if (database.find(state).isEmpty()) {
            return TableState.NONE;
        }
        return database
                .query(
                        // all columns, because tables of earlier versions lack some
                        "SELECT * FROM " + database.dialect().qualified(state) + " WHERE table_name = ?",
                        this::readState,
                        table.table())
                .stream()
                .findFirst()
                .orElse(TableState.NONE);
    }

    private TableState readState(ResultSet row) throws SQLException {
        Map<String, Integer> at = positions(row.getMetaData());
        String column = row.getString(at.get("cursor_column"));
        Integer loaded = at.get(LOADED_COLUMNS);
        String columns = loaded == null ? null : row.getString(loaded);
        return new TableState(
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

    /** Returns the indexes of the columns by their lower-case names: not every driver ignores case. */
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

    /** Finds a committed load. */
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
                                false,
                                List.of(),
                                null,
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

    /** Creates the tables, or adds the columns that they lack, and inserts the row of the table, unless that exists. */
    public void prepare() throws SQLException {
        if (prepared) {
            return;
        }
        if (database.find(state).isEmpty()) {
            database.create(loads, LOADS_COLUMNS, List.of("load_id", "table_name"));
            database.create(state, STATE_COLUMNS, List.of("table_name"));
        } else {
            upgrade(loads, LOADS_COLUMNS);
            upgrade(state, STATE_COLUMNS);
        }
        database.update(database.dialect().insertIfAbsent(state, "table_name", "version", "0"), table.table());
        prepared = true;
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
     * Updates the state of the table.
     *
     * @param version the version that it must have
     * @param set the assignments, with parameters
     * @return false if it has another version
     */
    public boolean update(long version, String set, Object... parameters) throws SQLException {
        Object[] all = Arrays.copyOf(parameters, parameters.length + 2);
        all[parameters.length] = table.table();
        all[parameters.length + 1] = version;
        return database.update(
                        "UPDATE " + database.dialect().qualified(state) + " SET " + set
                                + " WHERE table_name = ? AND version = ?",
                        all)
                == 1;
    }

    /**
     * Writes the next state of the table.
     *
     * @param version the version that it must have
     * @param next the version that it gets
     * @param cursor the cursor, or null
     * @param load the id of the load
     * @param columns the columns that loads have brought; null if that is not recorded
     * @return false if it has another version, because another load has written it
     */
    boolean advance(long version, long next, Cursor cursor, String load, Instant now, List<String> columns)
            throws SQLException {
        return update(
                version,
                "version = ?, cursor_column = ?, cursor_type = ?, cursor_value = ?, load_id = ?, updated_at = ?, "
                        + LOADED_COLUMNS + " = ?",
                next,
                cursor == null ? null : cursor.column(),
                cursor == null ? null : cursor.kind().name(),
                cursor == null ? null : cursor.text(),
                load,
                time(now),
                columns == null ? null : write(columns));
    }

    /** Deletes the records of all loads of the table: a load that is repeated loads again. */
    void deleteLoads() throws SQLException {
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

    /** Returns a time as a parameter of {@link #update}. */
    public static OffsetDateTime time(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
