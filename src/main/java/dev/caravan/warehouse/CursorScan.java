package dev.caravan.warehouse;

import dev.caravan.data.ColumnType.Kind;
import dev.caravan.run.PermanentException;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the cursor that a load leaves, among the staged rows. */
final class CursorScan {

    private static final Logger LOG = LoggerFactory.getLogger(CursorScan.class);

    private static final Set<Kind> KINDS =
            Set.of(Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE, Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMP_TZ, Kind.TEXT);
    private static final Set<Kind> TIMES = Set.of(Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMP_TZ);

    /** NaN and the infinities are ignored. */
    private static final String FINITE = " BETWEEN -1.7976931348623157E308 AND 1.7976931348623157E308";

    /** So are the first and the last day, which PostgreSQL's infinite times are loaded as. */
    private static final String FIRST = "'0001-01-02'";

    private static final String LAST = "'9999-12-30'";

    private final Database database;
    private final LoadSpec spec;
    /** The column of the cursor; null if the load has no cursor or only NULLs for it. */
    private final SchemaChange.Field field;

    /** @throws PermanentException if the rows do not have the column, or it cannot be a cursor */
    CursorScan(Database database, LoadSpec spec, SchemaChange change, StagedRows staged) {
        this.database = database;
        this.spec = spec;
        this.field = spec.cursor() == null || staged.rows() == 0 ? null : field(database.dialect(), change, staged);
    }

    private SchemaChange.Field field(Dialect dialect, SchemaChange change, StagedRows staged) {
        String name = dialect.fold(spec.cursor());
        if (staged.columns().stream()
                .noneMatch(column -> dialect.fold(column.name()).equals(name))) {
            throw new PermanentException("The rows for " + spec.table() + " have no column " + spec.cursor()
                    + ", which the option cursor names; correct the source or the option");
        }
        int position = change.position(spec.cursor());
        if (position < 0) {
            return null; // only NULLs
        }
        SchemaChange.Field found = change.fields().get(position);
        if (!KINDS.contains(found.type().kind())) {
            throw new PermanentException("The cursor column " + spec.cursor() + " of " + spec.table() + " is "
                    + found.type().kind() + "; name a number, a time or a text");
        }
        return found;
    }

    /** Returns the expression by which rows of the same key are ordered, or null. */
    String order() {
        return field == null ? null : sortKey();
    }

    private String sortKey() {
        return database.dialect().sortKey(field.expression(), field.type());
    }

    /** Returns the cursor after the load: the greatest value; only mode=replace moves it back. */
    CursorMove move(Cursor before) throws SQLException {
        Cursor loaded = field == null ? null : spec.maxCursor() == null ? greatest() : greatestUntilNow();
        if (spec.mode() == Mode.REPLACE && spec.cursor() != null) {
            return new CursorMove(before, loaded);
        }
        return new CursorMove(before, loaded == null ? before : before == null ? loaded : loaded.max(before));
    }

    private Cursor greatest() throws SQLException {
        Kind kind = field.type().kind();
        String range =
                kind == Kind.DOUBLE ? FINITE : TIMES.contains(kind) ? " BETWEEN " + FIRST + " AND " + LAST : null;
        String where = range == null ? "" : " WHERE " + field.expression() + range;
        return database.query(
                        "SELECT max(" + sortKey() + ") FROM " + database.stagingRelation() + where,
                        row -> Optional.ofNullable(database.value(row, 1, kind)))
                .get(0)
                .map(this::cursor)
                .orElse(null);
    }

    /** Returns the greatest value that is not in the future, and warns of later ones. */
    private Cursor greatestUntilNow() throws SQLException {
        Kind kind = field.type().kind();
        Object now = Cursor.present(kind, Instant.now().truncatedTo(ChronoUnit.SECONDS));
        if (now == null) {
            throw new PermanentException("maxCursor=now needs a cursor that is a time, but " + spec.cursor() + " of "
                    + spec.table() + " is " + kind + "; set its type by the option type." + spec.cursor()
                    + ", or omit maxCursor");
        }
        String limit = database.dialect().literal(Values.text(now));
        Cursor[] greatest = database.query(
                        "SELECT " + max(" BETWEEN " + FIRST + " AND " + limit) + ", "
                                + max(" BETWEEN " + limit + " AND " + LAST) + " FROM " + database.stagingRelation(),
                        row -> new Cursor[] {cursor(database.value(row, 1, kind)), cursor(database.value(row, 2, kind))
                        })
                .get(0);
        Cursor later = greatest[1];
        if (later != null && later.isInFuture(Instant.now())) {
            LOG.warn(
                    "Rows for {} have a {} in the future, up to {}: they are loaded, and do not move the cursor"
                            + " (maxCursor=now)",
                    spec.table(),
                    field.staged(),
                    later.text());
        }
        return greatest[0];
    }

    private String max(String range) {
        return "max(CASE WHEN " + field.expression() + range + " THEN " + sortKey() + " END)";
    }

    private Cursor cursor(Object value) {
        return value == null ? null : new Cursor(field.staged(), field.type().kind(), value);
    }
}
