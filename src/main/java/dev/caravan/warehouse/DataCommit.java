package dev.caravan.warehouse;

import dev.caravan.run.Failpoint;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Writes the staged rows, the table's new state and the record of the load in one transaction. */
final class DataCommit {

    private final Database database;
    private final Bookkeeping bookkeeping;
    private final ChangeGuard guard;
    private final SchemaChange schema;
    private final LoadSpec spec;
    private final Run run;

    /** @param run the run whose lease must be held at the commit, or null */
    DataCommit(
            Database database,
            Bookkeeping bookkeeping,
            ChangeGuard guard,
            SchemaChange schema,
            LoadSpec spec,
            Run run) {
        this.database = database;
        this.bookkeeping = bookkeeping;
        this.guard = guard;
        this.schema = schema;
        this.spec = spec;
        this.run = run;
    }

    /** How many rows of the table were inserted, updated and deleted. */
    private record Written(long inserted, long updated, long deleted) {

        static final Written NOTHING = new Written(0, 0, 0);
    }

    /** Deletes the staged rows whose key comes again, and returns the positions of the key's columns. */
    List<Integer> deduplicate(StagedRows staged, CursorScan scan) throws SQLException {
        List<Integer> key = staged.rows() == 0 ? List.of() : key();
        if (!key.isEmpty()) {
            database.deduplicate(
                    key.stream()
                            .map(position -> schema.fields().get(position).expression())
                            .toList(),
                    scan.order());
        }
        return key;
    }

    /** Changes the table if the rows need it, and commits the load. */
    LoadResult commit(StagedRows staged, List<Integer> key, CursorMove cursor, Instant startedAt) throws SQLException {
        guard.changeBefore(schema);
        return database.transact(() -> {
            long cleared = guard.changeWithin(schema);
            Written written = schema.hasTable() ? write(key) : Written.NOTHING;
            LoadResult result = result(staged, cursor, written, cleared, startedAt);
            if (!bookkeeping.advance(
                    guard.state().version(),
                    guard.nextVersion(),
                    cursor.after(),
                    spec.id(),
                    result.committedAt(),
                    schema.loaded())) {
                throw bookkeeping.overtaken();
            }
            bookkeeping.record(result);
            if (run != null) {
                run.renewLease();
            }
            Failpoint.hit("warehouse.commit");
            return result;
        });
    }

    private LoadResult result(StagedRows staged, CursorMove cursor, Written written, long cleared, Instant startedAt) {
        return new LoadResult(
                spec.id(),
                bookkeeping.table().toString(),
                spec.run(),
                spec.mode(),
                staged.rows(),
                written.inserted(),
                written.updated(),
                cleared + written.deleted(),
                staged.bytes(),
                startedAt,
                Instant.now(),
                cursor.textBefore(),
                cursor.textAfter(),
                schema.changes(),
                schema.creates(),
                schema.columns(),
                schema.hasTable() ? database.lastQuery() : null,
                false);
    }

    /** Returns the positions of the key's columns, which must have a value in every row. */
    private List<Integer> key() throws SQLException {
        List<Integer> key = new ArrayList<>();
        for (String name : spec.key()) {
            int position = schema.position(name);
            String expression =
                    position < 0 ? null : schema.fields().get(position).expression();
            if (expression == null || database.hasNull(expression)) {
                throw new PermanentException("The rows for " + spec.table() + " have "
                        + (expression == null ? "no value at all" : "NULL") + " in the key column " + name
                        + "; correct the source or the option key");
            }
            key.add(position);
        }
        return key;
    }

    private Written write(List<Integer> key) throws SQLException {
        TableName table = bookkeeping.table();
        List<ColumnValue> values = new ArrayList<>();
        for (SchemaChange.Field field : schema.fields()) {
            values.add(new ColumnValue(field.column(), field.type(), field.expression()));
        }
        Dialect dialect = database.dialect();
        values.add(new ColumnValue(dialect.spell(Bookkeeping.LOAD_ID), Types.TEXT, dialect.literal(spec.id())));
        return switch (spec.mode()) {
            case REPLACE -> {
                Database.Replaced replaced = database.replace(table, values);
                yield new Written(replaced.inserted(), 0, replaced.deleted());
            }
            case APPEND ->
                key.isEmpty()
                        ? new Written(database.insert(table, values), 0, 0)
                        // with a key, existing rows stay as they are
                        : merge(table, values, key, 0);
            case MERGE -> key.isEmpty() ? Written.NOTHING : merge(table, values, key, values.size() - 1);
        };
    }

    private Written merge(TableName table, List<ColumnValue> values, List<Integer> key, int compared)
            throws SQLException {
        Database.Merged merged = database.merge(table, values, key, compared);
        return new Written(merged.inserted(), merged.updated(), 0);
    }
}
