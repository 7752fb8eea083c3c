package dev.caravan.warehouse;

import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.Rows;
import dev.caravan.run.Failpoint;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.TransientException;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads rows into a table, exactly once: look whether it has been done; stage the rows; change the table; then data,
 * cursor and the record of the load in one transaction.
 */
final class Loader {

    private static final Logger LOG = LoggerFactory.getLogger(Loader.class);
    private static final Set<Kind> CURSORS =
            Set.of(Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE, Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMP_TZ, Kind.TEXT);

    /** NaN and the infinities are values, but nothing comes after them. */
    private static final String FINITE = " BETWEEN -1.7976931348623157E308 AND 1.7976931348623157E308";

    private static final Set<Kind> TIMES = Set.of(Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMP_TZ);
    /** Nor after the days that stand for "for ever", and as which PostgreSQL's infinities arrive. */
    private static final String FIRST = "'0001-01-02'";

    private static final String LAST = "'9999-12-30'";
    private static final String PASSING = " BETWEEN " + FIRST + " AND " + LAST;

    private final Engine engine;
    private final LoadSpec spec;
    private final Run run;
    private final CursorVersions cursors;

    /** The table's state that has to hold until the commit. */
    private Bookkeeping.State held;
    /** The cursor that was committed, or null. */
    private Cursor cursorAfter;

    /**
     * @param run the run to ask whether the load may go on, or null
     * @param cursors what has been read of the table before
     */
    Loader(Engine engine, LoadSpec spec, Run run, CursorVersions cursors) {
        this.engine = engine;
        this.spec = spec;
        this.run = run;
        this.cursors = cursors;
    }

    /** What was known of the table before the rows were read. */
    private record Seen(TableName table, Optional<LoadResult> load, Bookkeeping.State state) {}

    /** Loads the rows, unless that has been done. Leaves it to the caller to close them. */
    LoadResult load(Rows rows) {
        Instant startedAt = Instant.now();
        try (LoadSession session = engine.connect(spec.table(), run)) {
            Seen seen;
            TableName folded;
            Stager stager;
            try (Database database = session.open(false)) {
                TableName table = database.resolve(spec.table());
                folded = database.dialect().fold(table);
                Bookkeeping bookkeeping = new Bookkeeping(database, table);
                seen = new Seen(table, bookkeeping.find(spec.id()), bookkeeping.state());
                NotNullColumns required = new NotNullColumns(table, database.columns(table), database.dialect());
                stager = new Stager(session, spec, database.dialect(), this::ensureActive, required::requireNames);
            }
            Long version = cursors.get(folded);
            if (seen.load().isPresent()) {
                cursors.loaded(folded);
                LOG.info("Load {} of {} was committed by an earlier attempt", spec.id(), seen.table());
                return seen.load().get();
            }
            if (version != null && version != seen.state().version()) {
                throw overtaken();
            }
            seen.state().requireOpen(spec.id(), seen.table());
            StagedRows staged = stager.stage(rows);
            ensureActive();
            Failpoint.hit("warehouse.staged");
            if (staged.rows() == 0 && spec.mode() == Mode.REPLACE && !spec.allowEmpty()) {
                throw new PermanentException("The source of " + spec.table()
                        + " is empty: the table is left as it is; set allowEmpty=true if it may become empty");
            }
            LoadResult result;
            try (Database database = session.open(true)) {
                result = commit(database, seen, staged, startedAt);
                Failpoint.hit("warehouse.committed");
            }
            cursors.loaded(folded);
            tell(result);
            return result;
        } catch (SQLException e) {
            throw engine.explain("Loading " + spec.table(), e);
        }
    }

    private void tell(LoadResult result) {
        LOG.info("{}", result);
        if (cursorAfter != null && cursorAfter.isInFuture(result.committedAt())) {
            LOG.warn(
                    "The cursor {} of {} is {}, which is in the future: rows with earlier values are not read any more."
                            + " Correct that row at the source, set maxCursor=now on the load, and load the table anew with"
                            + " mode=replace, which sets the cursor afresh",
                    cursorAfter.column(),
                    result.table(),
                    cursorAfter.text());
        }
    }

    private void ensureActive() {
        if (run != null) {
            run.ensureActive();
        }
    }

    private LoadResult commit(Database database, Seen seen, StagedRows staged, Instant startedAt) throws SQLException {
        Bookkeeping bookkeeping = new Bookkeeping(database, seen.table());
        held = seen.state();
        if (bookkeeping.state().version() != held.version()) {
            throw overtaken();
        }
        try {
            return commit(database, bookkeeping, seen, staged, startedAt);
        } catch (SQLException | RuntimeException e) {
            if (!database.dialect().hasTransactionalDdl() && giveUp(bookkeeping, e)) {
                TransientException overtaken = overtaken();
                overtaken.addSuppressed(e);
                throw overtaken;
            }
            throw e;
        }
    }

    /** Takes the table, so that nobody loads into it while it changes. */
    private void claim(Bookkeeping bookkeeping) throws SQLException {
        if (held.columns() == null) {
            bookkeeping.prepare();
        }
        held = bookkeeping.claim(held, spec.id()).orElseThrow(this::overtaken);
    }

    /** Lets others have the table again, and tells whether one of them is the reason why this load has failed. */
    private boolean giveUp(Bookkeeping bookkeeping, Exception reason) {
        boolean interrupted = Thread.interrupted(); // for the statements' sake
        try {
            Bookkeeping.State now = bookkeeping.state();
            if (now.version() == held.version()) {
                if (held.isClaimed()) {
                    bookkeeping.release(held);
                }
                return false;
            }
            boolean committed = !now.isClaimed() && spec.id().equals(now.loadId());
            return !committed && (reason instanceof SQLException || reason instanceof PermanentException);
        } catch (SQLException e) {
            reason.addSuppressed(e);
            return false;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private LoadResult commit(
            Database database, Bookkeeping bookkeeping, Seen seen, StagedRows staged, Instant startedAt)
            throws SQLException {
        verify(database, staged);
        List<TableColumn> columns = database.columns(seen.table());
        if (held.isClaimed() || database.isHalfChanged(columns)) {
            claim(bookkeeping);
            database.recover(seen.table());
            columns = database.columns(seen.table());
        }
        Evolution evolution =
                Evolution.plan(database, seen.table(), columns, seen.state().columns(), staged, spec);
        if (spec.freeze()) {
            evolution.refuse();
        }
        new NotNullColumns(seen.table(), columns, database.dialect()).requireValues(database, evolution.fields());
        List<Integer> key = !spec.key().isEmpty() && staged.rows() > 0 ? key(database, evolution) : List.of();
        Evolution.Field cursorField = cursorField(database, evolution, staged);
        if (!key.isEmpty()) {
            deduplicate(database, evolution, key, cursorField);
        }
        // that of a table which somebody has dropped says nothing about this one
        Cursor before = columns.isEmpty()
                ? null
                : seen.state().cursor(database.dialect(), spec.cursor()).orElse(null);
        Cursor after = cursor(database, cursorField, before);
        // before the transaction where it would not hold the change, and then only if the load can commit
        if (!database.dialect().hasTransactionalDdl()) {
            change(database, bookkeeping, evolution);
        }
        database.begin();
        try {
            long cleared = database.dialect().hasTransactionalDdl() ? change(database, bookkeeping, evolution) : 0;
            Change change = evolution.hasTable() ? write(database, seen.table(), evolution, key) : Change.NONE;
            LoadResult result = new LoadResult(
                    spec.id(),
                    seen.table().toString(),
                    spec.run(),
                    spec.mode(),
                    staged.rows(),
                    change.inserted(),
                    change.updated(),
                    cleared + change.deleted(),
                    staged.bytes(),
                    startedAt,
                    Instant.now(),
                    before == null ? null : before.text(),
                    after == null ? null : after.text(),
                    evolution.changes(),
                    false);
            if (!bookkeeping.advance(held, after, result.loadId(), result.committedAt(), evolution.loaded())) {
                throw overtaken();
            }
            bookkeeping.record(result);
            if (run != null) {
                run.renewLease();
            }
            Failpoint.hit("warehouse.commit");
            database.commit();
            cursorAfter = after;
            return result;
        } catch (SQLException | RuntimeException e) {
            boolean interrupted = Thread.interrupted(); // for the statement's sake
            try {
                database.rollback();
            } catch (SQLException alsoFailed) {
                e.addSuppressed(alsoFailed);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
            throw e;
        }
    }

    /** Makes room for the rows, and returns how many that were there had to go for it. */
    private long change(Database database, Bookkeeping bookkeeping, Evolution evolution) throws SQLException {
        if (evolution.isNeeded() && !database.dialect().hasTransactionalDdl() && !held.isClaimed()) {
            claim(bookkeeping);
        } else if (held.columns() == null) {
            bookkeeping.prepare();
        }
        return evolution.apply();
    }

    /** All rows that were read have to be there, before any of them counts. */
    private void verify(Database database, StagedRows staged) throws SQLException {
        long there = database.query("SELECT count(*) FROM " + database.stagingRelation(), row -> row.getLong(1))
                .get(0);
        if (there != staged.rows()) {
            throw new TransientException("Of " + staged.rows() + " rows for " + spec.table() + " only " + there
                    + " were staged; nothing was changed");
        }
    }

    private TransientException overtaken() {
        return new TransientException(
                "Another load has written to " + spec.table()
                        + " since this one began to read; nothing was changed, and the next try starts from what the other has left");
    }

    private record Change(long inserted, long updated, long deleted) {

        static final Change NONE = new Change(0, 0, 0);
    }

    private Change write(Database database, TableName table, Evolution evolution, List<Integer> key)
            throws SQLException {
        List<ColumnValue> values = new ArrayList<>();
        for (Evolution.Field field : evolution.fields()) {
            values.add(new ColumnValue(field.column(), field.type(), field.expression()));
        }
        Dialect dialect = database.dialect();
        values.add(new ColumnValue(dialect.spell(Bookkeeping.LOAD_ID), Types.TEXT, dialect.literal(spec.id())));
        return switch (spec.mode()) {
            case REPLACE -> {
                Database.Replaced replaced = database.replace(table, values);
                yield new Change(replaced.inserted(), 0, replaced.deleted());
            }
            case APPEND ->
                key.isEmpty()
                        ? new Change(database.insert(table, values), 0, 0)
                        // with a key, existing rows stay as they are
                        : merge(database, table, values, key, 0);
            case MERGE -> key.isEmpty() ? Change.NONE : merge(database, table, values, key, values.size() - 1);
        };
    }

    private static Change merge(
            Database database, TableName table, List<ColumnValue> values, List<Integer> key, int compared)
            throws SQLException {
        Database.Merged merged = database.merge(table, values, key, compared);
        return new Change(merged.inserted(), merged.updated(), 0);
    }

    /** The positions of the key's columns, all of which are there and never NULL. */
    private List<Integer> key(Database database, Evolution evolution) throws SQLException {
        List<Integer> key = new ArrayList<>();
        for (String name : spec.key()) {
            int position = position(database, evolution, name);
            String expression =
                    position < 0 ? null : evolution.fields().get(position).expression();
            if (expression == null || database.hasNull(expression)) {
                throw new PermanentException("The rows for " + spec.table() + " have "
                        + (expression == null ? "no value at all" : "NULL") + " in the key column " + name
                        + "; correct the source or the option key");
            }
            key.add(position);
        }
        return key;
    }

    private static int position(Database database, Evolution evolution, String name) {
        for (int i = 0; i < evolution.fields().size(); i++) {
            if (database.dialect()
                    .fold(evolution.fields().get(i).staged())
                    .equals(database.dialect().fold(name))) {
                return i;
            }
        }
        return -1;
    }

    private static void deduplicate(
            Database database, Evolution evolution, List<Integer> key, Evolution.Field cursorField)
            throws SQLException {
        List<String> expressions = key.stream()
                .map(position -> evolution.fields().get(position).expression())
                .collect(Collectors.toList());
        database.deduplicate(expressions, cursorField == null ? null : sortKey(database, cursorField));
    }

    private static String sortKey(Database database, Evolution.Field field) {
        return database.dialect().sortKey(field.expression(), field.type());
    }

    private Evolution.Field cursorField(Database database, Evolution evolution, StagedRows staged) {
        if (spec.cursor() == null || staged.rows() == 0) {
            return null;
        }
        if (staged.columns().stream().noneMatch(column -> database.dialect()
                .fold(column.name())
                .equals(database.dialect().fold(spec.cursor())))) {
            throw new PermanentException("The rows for " + spec.table() + " have no column " + spec.cursor()
                    + ", which is to be the cursor; correct the source or the option cursor");
        }
        int position = position(database, evolution, spec.cursor());
        if (position < 0) {
            return null; // nothing but NULLs
        }
        Evolution.Field field = evolution.fields().get(position);
        if (!CURSORS.contains(field.type().kind())) {
            throw new PermanentException("The cursor column " + spec.cursor() + " of " + spec.table() + " is "
                    + field.type().kind() + "; name a number, a time or a text");
        }
        return field;
    }

    /** The cursor after the load: the greatest value loaded, which only a full load may set back. */
    private Cursor cursor(Database database, Evolution.Field field, Cursor before) throws SQLException {
        Cursor loaded = field == null ? null : greatest(database, field);
        if (spec.mode() == Mode.REPLACE && spec.cursor() != null) {
            return loaded;
        }
        return loaded == null ? before : before == null ? loaded : loaded.max(before);
    }

    /** The greatest value that was staged and may be the cursor, or null. */
    private Cursor greatest(Database database, Evolution.Field field) throws SQLException {
        Kind kind = field.type().kind();
        if (spec.maxCursor() == null) {
            return greatest(database, field, kind == Kind.DOUBLE ? FINITE : TIMES.contains(kind) ? PASSING : "");
        }
        Object present = Cursor.present(kind, Instant.now().truncatedTo(ChronoUnit.SECONDS));
        if (present == null) {
            throw new PermanentException("maxCursor=now needs a cursor that is a time, but " + spec.cursor() + " of "
                    + spec.table() + " is " + kind + "; state its type by the option type." + spec.cursor()
                    + ", or leave maxCursor out");
        }
        String limit = database.dialect().literal(Values.text(present));
        Cursor beyond = greatest(database, field, " BETWEEN " + limit + " AND " + LAST);
        if (beyond != null && beyond.isInFuture(Instant.now())) {
            LOG.warn(
                    "Rows for {} have a {} in the future, up to {}: they are loaded, and do not move the cursor"
                            + " (maxCursor=now)",
                    spec.table(),
                    field.staged(),
                    beyond.text());
        }
        return greatest(database, field, " BETWEEN " + FIRST + " AND " + limit);
    }

    private static Cursor greatest(Database database, Evolution.Field field, String range) throws SQLException {
        Kind kind = field.type().kind();
        String where = range.isEmpty() ? "" : " WHERE " + field.expression() + range;
        return database.query(
                        "SELECT max(" + sortKey(database, field) + ") FROM " + database.stagingRelation() + where,
                        row -> Optional.ofNullable(database.value(row, 1, kind)))
                .get(0)
                .map(value -> new Cursor(field.staged(), kind, value))
                .orElse(null);
    }
}
