package dev.caravan.warehouse;

import dev.caravan.data.Rows;
import dev.caravan.run.Failpoint;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Preview;
import dev.caravan.run.Run;
import dev.caravan.run.TransientException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads rows into a table exactly once: checks whether the load has been committed, stages the rows, plans the
 * {@link SchemaChange}, and makes the {@link DataCommit}.
 */
final class Loader {

    private static final Logger LOG = LoggerFactory.getLogger(Loader.class);

    private final Engine engine;
    private final LoadSpec spec;
    private final Run run;
    private final CursorVersions cursors;

    /**
     * @param run the run on whose behalf it loads, or null
     * @param cursors the versions of the tables whose cursors have been read
     */
    Loader(Engine engine, LoadSpec spec, Run run, CursorVersions cursors) {
        this.engine = engine;
        this.spec = spec;
        this.run = run;
        this.cursors = cursors;
    }

    /**
     * The table before the rows are read.
     *
     * @param load this load, if it has been committed
     */
    private record Target(
            TableName table, Optional<LoadResult> load, TableState state, ChangeGuard guard, NotNullColumns notNull) {}

    private record Committed(LoadResult result, Cursor cursor) {}

    /** Loads the rows, unless they have been loaded. The caller closes them. */
    LoadResult load(Rows rows) {
        Instant startedAt = Instant.now();
        try (LoadSession session = engine.connect(spec.table(), run)) {
            Target target = target(session);
            TableName folded = engine.dialect().fold(target.table());
            Long version = cursors.get(folded);
            if (target.load().isPresent()) {
                cursors.loaded(folded);
                LOG.info("Load {} of {} was committed by an earlier attempt", spec.id(), target.table());
                return target.load().get();
            }
            if (version != null && version != target.state().version()) {
                throw Bookkeeping.overtaken(target.table());
            }
            target.guard().requireAvailable();
            StagedRows staged = stage(session, target, rows);
            Committed committed;
            try (Database database = session.open(true)) {
                committed = commit(database, target, staged, startedAt);
                Failpoint.hit("warehouse.committed");
            }
            cursors.loaded(folded);
            log(committed);
            return committed.result();
        } catch (SQLException e) {
            throw engine.explain("Loading " + spec.table(), e);
        }
    }

    /** Stages the first rows, and compares them with the table; changes nothing. The caller closes the rows. */
    Preview.Load preview(Rows rows, int limit) {
        try (LoadSession session = engine.connect(spec.table(), run)) {
            Target target = target(session);
            FirstRows first = new FirstRows(rows, limit);
            StagedRows staged = new Stager(
                            session, spec, engine.dialect(), this::ensureActive, target.notNull()::requireNames)
                    .stage(first);
            try (Database database = session.open(false)) {
                List<TableColumn> columns = database.columns(target.table());
                SchemaChange schema = SchemaChange.plan(
                        database, target.table(), columns, target.state().columns(), staged, spec);
                return new Preview.Load(
                        target.table().toString(),
                        !columns.isEmpty(),
                        schema.changes(),
                        staged.columns().stream()
                                .map(column -> new Preview.Column(
                                        column.name(), column.type() == null ? null : Types.text(column.type())))
                                .toList(),
                        first.taken());
            }
        } catch (SQLException e) {
            throw engine.explain("The preview of " + spec.table(), e);
        }
    }

    private Target target(LoadSession session) throws SQLException {
        try (Database database = session.open(false)) {
            TableName table = database.resolve(spec.table());
            Bookkeeping bookkeeping = new Bookkeeping(database, table);
            Optional<LoadResult> load = bookkeeping.find(spec.id());
            TableState state = bookkeeping.state();
            return new Target(
                    table,
                    load,
                    state,
                    database.guard(bookkeeping, state, spec.id()),
                    new NotNullColumns(table, database.columns(table), database.dialect()));
        }
    }

    private StagedRows stage(LoadSession session, Target target, Rows rows) throws SQLException {
        StagedRows staged = new Stager(
                        session, spec, engine.dialect(), this::ensureActive, target.notNull()::requireNames)
                .stage(rows);
        ensureActive();
        Failpoint.hit("warehouse.staged");
        if (staged.rows() == 0 && spec.mode() == Mode.REPLACE && !spec.allowEmpty()) {
            throw new PermanentException("The source of " + spec.table()
                    + " is empty, so the table keeps its rows; set allowEmpty=true if an empty table is right");
        }
        return staged;
    }

    private void ensureActive() {
        if (run != null) {
            run.ensureActive();
        }
    }

    private Committed commit(Database database, Target target, StagedRows staged, Instant startedAt)
            throws SQLException {
        Bookkeeping bookkeeping = new Bookkeeping(database, target.table());
        if (bookkeeping.state().version() != target.state().version()) {
            throw bookkeeping.overtaken();
        }
        ChangeGuard guard = database.guard(bookkeeping, target.state(), spec.id());
        try {
            return commit(database, bookkeeping, guard, staged, startedAt);
        } catch (SQLException | RuntimeException e) {
            if (guard.abandon(e)) {
                TransientException overtaken = bookkeeping.overtaken();
                overtaken.addSuppressed(e);
                throw overtaken;
            }
            throw e;
        }
    }

    private Committed commit(
            Database database, Bookkeeping bookkeeping, ChangeGuard guard, StagedRows staged, Instant startedAt)
            throws SQLException {
        requireComplete(database, staged);
        TableName table = bookkeeping.table();
        TableState state = guard.state();
        List<TableColumn> columns = guard.repair(database.columns(table));
        SchemaChange schema = SchemaChange.plan(database, table, columns, state.columns(), staged, spec);
        if (spec.freeze()) {
            schema.refuse();
        }
        new NotNullColumns(table, columns, database.dialect()).requireValues(database, schema.fields());
        CursorScan scan = new CursorScan(database, spec, schema, staged);
        // the cursor of a table that a user has dropped does not count for the next one
        Cursor before = columns.isEmpty()
                ? null
                : state.cursor(database.dialect(), spec.cursor()).orElse(null);
        DataCommit commit = new DataCommit(database, bookkeeping, guard, schema, spec, run);
        List<Integer> key = commit.deduplicate(staged, scan);
        CursorMove cursor = scan.move(before);
        return new Committed(commit.commit(staged, key, cursor, startedAt), cursor.after());
    }

    private void requireComplete(Database database, StagedRows staged) throws SQLException {
        long count = database.query("SELECT count(*) FROM " + database.stagingRelation(), row -> row.getLong(1))
                .get(0);
        if (count != staged.rows()) {
            throw new TransientException("Of " + staged.rows() + " rows for " + spec.table() + " only " + count
                    + " were staged; nothing was changed");
        }
    }

    private void log(Committed committed) {
        LoadResult result = committed.result();
        Cursor cursor = committed.cursor();
        LOG.info("{}", result);
        if (cursor != null && cursor.isInFuture(result.committedAt())) {
            LOG.warn(
                    "The cursor {} of {} is {}, which is in the future: rows with earlier values are not read any more."
                            + " Correct that row at the source, set maxCursor=now on the load, and load the table again with"
                            + " mode=replace, which resets the cursor",
                    cursor.column(),
                    result.table(),
                    cursor.text());
        }
    }
}
