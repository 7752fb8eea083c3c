package dev.caravan.pipeline.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.run.Load;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jdbi.v3.core.statement.StatementContext;

/** The loads of runs, the tables that they have loaded, and how these have changed. */
public final class LoadTable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<List<String>> LIST = new TypeReference<>() {};
    private static final TypeReference<LinkedHashMap<String, String>> MAP = new TypeReference<>() {};

    private final Jdbi jdbi;
    private final Writes writes;

    LoadTable(Jdbi jdbi, Writes writes) {
        this.jdbi = jdbi;
        this.writes = writes;
    }

    /** Returns all tables that runs have loaded, by name. */
    public List<LoadedTable> tables() {
        return jdbi.withHandle(h -> h.createQuery("SELECT * FROM loaded_tables ORDER BY name")
                .map(LoadTable::table)
                .list());
    }

    /**
     * Returns how loads have changed a table, newest first.
     *
     * @param table as {@link LoadedTable#name}
     * @param limit the maximum number
     */
    public List<TableChanges> changes(String table, int limit) {
        return jdbi.withHandle(h -> h.createQuery(
                        "SELECT * FROM schema_changes WHERE table_name = :table ORDER BY changed DESC, load DESC LIMIT :limit")
                .bind("table", table)
                .bind("limit", limit)
                .map(LoadTable::change)
                .list());
    }

    /** Returns how loads have changed tables since a time, oldest first; without tables that were dropped by a reset. */
    public List<TableChanges> changes(Instant since) {
        // SQLite reads the tables of a CROSS JOIN in this order
        return jdbi.withHandle(h -> h.createQuery("SELECT c.* FROM loaded_tables CROSS JOIN schema_changes c"
                        + " WHERE c.table_name = loaded_tables.name AND c.changed >= :since"
                        + " ORDER BY c.changed, c.load, c.table_name")
                .bind("since", since.toEpochMilli())
                .map(LoadTable::change)
                .list());
    }

    private static TableChanges change(ResultSet rs, StatementContext context) throws SQLException {
        return new TableChanges(
                rs.getString("table_name"),
                Instant.ofEpochMilli(rs.getLong("changed")),
                read(rs.getString("changes"), LIST),
                rs.getString("pipeline"),
                rs.getString("run"));
    }

    /**
     * Notes that the cursor of a table was cleared, or the table dropped.
     *
     * @param table its name; upper and lower case are the same
     */
    public void reset(String table, boolean dropped) {
        writes.run(h -> h.execute(
                (dropped ? "DELETE FROM loaded_tables" : "UPDATE loaded_tables SET cursor_value = NULL")
                        + " WHERE UPPER(name) = UPPER(?)",
                table));
    }

    /** Returns the loads of a run by attempt, in the order of their commits. */
    static Map<Integer, List<Load>> of(Handle h, String run) {
        return h
                .createQuery("SELECT * FROM loads WHERE run = ? ORDER BY attempt, committed, id")
                .bind(0, run)
                .map((rs, context) -> Map.entry(rs.getInt("attempt"), load(rs)))
                .stream()
                .collect(Collectors.groupingBy(
                        Map.Entry::getKey, Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
    }

    /** Writes the loads of an attempt that are not there. */
    static void write(Handle h, String run, AttemptRecord attempt) {
        if (attempt.loads().isEmpty()) {
            return;
        }
        PreparedBatch loads = h.prepareBatch(
                "INSERT INTO loads (run, id, table_name, attempt, mode, rows_read, inserted, updated, deleted, bytes,"
                        + " cursor_column, cursor_value, changes, query, committed) VALUES (:run, :id, :table, :attempt, :mode,"
                        + " :read, :inserted, :updated, :deleted, :bytes, :cursorColumn, :cursor, :changes, :query, :committed)"
                        + " ON CONFLICT (run, id, table_name) DO NOTHING");
        // in the same order in every transaction, so that none waits for another that waits for it
        Map<String, Load> last = new TreeMap<>();
        for (Load load : attempt.loads()) {
            loads.bind("run", run)
                    .bind("id", load.id())
                    .bind("table", load.table())
                    .bind("attempt", attempt.attempt())
                    .bind("mode", load.mode())
                    .bind("read", load.read())
                    .bind("inserted", load.inserted())
                    .bind("updated", load.updated())
                    .bind("deleted", load.deleted())
                    .bind("bytes", load.bytes())
                    .bind("cursorColumn", load.cursorColumn())
                    .bind("cursor", text(load.cursor()))
                    .bind("changes", write(load.changes()))
                    .bind("query", load.query())
                    .bind("committed", load.committed().toEpochMilli())
                    .add();
            last.merge(load.table(), load, LoadTable::later);
            if (!load.changes().isEmpty()) {
                writeChanges(h, run, load);
            }
        }
        loads.execute();
        last.values().forEach(load -> writeTable(h, run, load));
    }

    private static Load later(Load one, Load other) {
        return other.committed().isBefore(one.committed()) ? one : other;
    }

    private static void writeChanges(Handle h, String run, Load load) {
        h.createUpdate("INSERT INTO schema_changes (table_name, changed, load, pipeline, run, changes)"
                        + " SELECT :table, :committed, :id, pipeline, id, :changes FROM runs WHERE id = :run"
                        + " ON CONFLICT (table_name, changed, load) DO NOTHING")
                .bind("table", load.table())
                .bind("committed", load.committed().toEpochMilli())
                .bind("id", load.id())
                .bind("changes", write(load.changes()))
                .bind("run", run)
                .execute();
    }

    private static void writeTable(Handle h, String run, Load load) {
        h.createUpdate("INSERT INTO loaded_tables (name, pipeline, run, loaded, cursor_column, cursor_value, columns)"
                        + " SELECT :table, pipeline, id, :committed, :cursorColumn, :cursor, :columns FROM runs WHERE id = :run"
                        + " ON CONFLICT (name) DO UPDATE SET pipeline = excluded.pipeline, run = excluded.run,"
                        + " loaded = excluded.loaded, cursor_column = COALESCE(excluded.cursor_column, loaded_tables.cursor_column),"
                        + " cursor_value = excluded.cursor_value, columns = CASE WHEN excluded.columns = '{}'"
                        + " THEN loaded_tables.columns ELSE excluded.columns END"
                        + " WHERE excluded.loaded >= loaded_tables.loaded")
                .bind("table", load.table())
                .bind("committed", load.committed().toEpochMilli())
                .bind("cursorColumn", load.cursorColumn())
                .bind("cursor", text(load.cursor()))
                .bind("columns", write(load.columns()))
                .bind("run", run)
                .execute();
    }

    private static Load load(ResultSet rs) throws SQLException {
        return new Load(
                rs.getString("id"),
                rs.getString("table_name"),
                rs.getString("mode"),
                rs.getLong("rows_read"),
                rs.getLong("inserted"),
                rs.getLong("updated"),
                rs.getLong("deleted"),
                rs.getLong("bytes"),
                rs.getString("cursor_column"),
                rs.getString("cursor_value"),
                read(rs.getString("changes"), LIST),
                Map.of(),
                rs.getString("query"),
                Instant.ofEpochMilli(rs.getLong("committed")));
    }

    private static LoadedTable table(ResultSet rs, StatementContext context) throws SQLException {
        return new LoadedTable(
                rs.getString("name"),
                rs.getString("pipeline"),
                rs.getString("run"),
                Instant.ofEpochMilli(rs.getLong("loaded")),
                rs.getString("cursor_column"),
                rs.getString("cursor_value"),
                read(rs.getString("columns"), MAP));
    }

    /** Returns a text without what PostgreSQL cannot hold. */
    private static String text(String value) {
        return value == null ? null : value.replace("\0", "");
    }

    private static String write(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static <T> T read(String json, TypeReference<T> type) {
        try {
            return JSON.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("The ledger holds no JSON: " + json, e);
        }
    }
}
