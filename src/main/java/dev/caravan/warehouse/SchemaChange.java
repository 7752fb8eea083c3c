package dev.caravan.warehouse;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.run.PermanentException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The change that a table needs to hold the staged rows. A column keeps its type if it can store all staged values without
 * loss. Otherwise it gets the join of both types if that can store all values of the table; otherwise it becomes text, unless it
 * is a time. With mode=replace a column gets the type that the source declares.
 *
 * <p>Columns that no load has brought belong to the user, and are not changed.
 */
final class SchemaChange implements TableChange {

    private static final Logger LOG = LoggerFactory.getLogger(SchemaChange.class);

    private final Database database;
    private final Dialect dialect;
    private final TableName table;
    private final LoadSpec spec;
    private final boolean exists;
    private final Map<String, TableColumn> existing = new LinkedHashMap<>();

    private final List<Column> added = new ArrayList<>();
    private final List<Retyped> retyped = new ArrayList<>();
    private final List<Field> fields = new ArrayList<>();
    /** The columns that loads have brought, this one included, folded. */
    private final Set<String> ours = new HashSet<>();

    /**
     * A column that is loaded.
     *
     * @param staged its name in the rows
     * @param column its name in the table
     * @param type its type in the table
     * @param expression the value in that type, computed from a staged row
     */
    record Field(String staged, String column, ColumnType type, String expression) {}

    private record Retyped(TableColumn column, ColumnType to) {}

    private SchemaChange(Database database, TableName table, List<TableColumn> columns, LoadSpec spec) {
        this.database = database;
        this.dialect = database.dialect();
        this.table = table;
        this.spec = spec;
        this.exists = !columns.isEmpty();
        for (TableColumn column : columns) {
            TableColumn other = existing.put(dialect.fold(column.name()), column);
            if (other != null) {
                throw new PermanentException("The table " + table + " has the columns " + other.name() + " and "
                        + column.name() + ", which are the same name in the warehouse; rename one of them");
            }
        }
    }

    /**
     * Compares the staged rows with the table.
     *
     * @param columns the columns of the table; empty if it does not exist
     * @param loaded the columns that earlier loads have brought; null if that is not recorded
     */
    static SchemaChange plan(
            Database database,
            TableName table,
            List<TableColumn> columns,
            List<String> loaded,
            StagedRows staged,
            LoadSpec spec)
            throws SQLException {
        SchemaChange change = new SchemaChange(database, table, columns, spec);
        for (int i = 0; i < staged.columns().size(); i++) {
            StagedColumn column = staged.columns().get(i);
            if (column.type() != null) {
                change.consider(column, StagedRows.column(i));
            }
            change.ours.add(change.dialect.fold(column.name()));
        }
        if (loaded != null) {
            loaded.forEach(name -> change.ours.add(change.dialect.fold(name)));
        }
        change.considerAbsent(loaded == null);
        return change;
    }

    /** Sets the columns that the rows lack to NULL, if loads have brought them: an update must not keep the old value. */
    private void considerAbsent(boolean isUnknown) {
        Set<String> present = new HashSet<>();
        fields.forEach(field -> present.add(dialect.fold(field.column())));
        List<String> unknown = new ArrayList<>();
        existing.forEach((folded, column) -> {
            if (present.contains(folded) || folded.equals(dialect.fold(Bookkeeping.LOAD_ID))) {
                return;
            } else if (!ours.contains(folded)) {
                unknown.add(column.name());
            } else if (column.type() != null) {
                fields.add(new Field(column.name(), column.name(), column.type(), dialect.nullOf(column.type())));
            }
        });
        if (isUnknown && hasLoadId() && !unknown.isEmpty()) {
            LOG.warn(
                    "It is not recorded whether earlier loads of {} brought the columns {}: they are left as they are"
                            + " until a load brings them",
                    table,
                    String.join(", ", unknown));
        }
    }

    private void consider(StagedColumn column, String expression) throws SQLException {
        String name = column.name();
        ColumnType type = column.type();
        TableColumn there = existing.get(dialect.fold(name));
        if (there == null) {
            String spelled = dialect.spell(name);
            added.add(new Column(spelled, type));
            fields.add(new Field(name, spelled, type, dialect.cast(expression, type, type)));
        } else if (there.type() == null) {
            fields.add(new Field(name, there.name(), type, dialect.cast(expression, type, type)));
        } else {
            ColumnType target = target(there, column, expression);
            if (!target.equals(there.type())) {
                retyped.add(new Retyped(there, target));
            }
            fields.add(new Field(name, there.name(), target, dialect.cast(expression, type, target)));
        }
    }

    private ColumnType target(TableColumn there, StagedColumn column, String expression) throws SQLException {
        ColumnType current = there.type();
        ColumnType type = column.type();
        if (current.equals(type) || dialect.typeName(current).equals(dialect.typeName(type))) {
            return current;
        }
        boolean decided = isDecided(there, column, expression) && !spec.freeze();
        if (decided && canBecome(there, type)) {
            return type;
        }
        ColumnType target = widened(there, column, expression);
        if ((decided || column.isExplicit()) && !isSameFamily(target, type) && target.kind() != type.kind()) {
            LOG.warn(
                    "The column {} of {} is {} and does not become {}: {}",
                    there.name(),
                    table,
                    Types.text(target),
                    Types.text(type),
                    spec.freeze()
                            ? "schema=freeze"
                            : "not every value of the table converts; correct them, or create the table again by"
                                    + " caravan reset --drop and a run");
        }
        return target;
    }

    /** Returns whether the user, or a source that replaces all rows, decides the type of a column. */
    private boolean isDecided(TableColumn there, StagedColumn column, String expression) throws SQLException {
        ColumnType current = there.type();
        ColumnType type = column.type();
        if (isReplaced() && column.isDeclared()) {
            return !isSameFamily(current, type)
                    || !database.allFit(database.stagingRelation(), expression, type, current);
        }
        return column.isExplicit()
                && (current.kind() == Kind.TEXT
                        || type.kind() == Kind.TEXT
                        || (Types.isTime(current) && type.kind() == Kind.TIMESTAMP_TZ));
    }

    /** Returns whether two types are both numbers or both dates. */
    private static boolean isSameFamily(ColumnType one, ColumnType other) {
        return (Types.isNumber(one) && Types.isNumber(other)) || (Types.isDay(one) && Types.isDay(other));
    }

    private ColumnType widened(TableColumn there, StagedColumn column, String expression) throws SQLException {
        ColumnType current = there.type();
        ColumnType type = column.type();
        if (database.allFit(database.stagingRelation(), expression, type, current)) {
            return current;
        }
        ColumnType join = Types.join(current, type);
        boolean lossless = canHold(there, join) && database.allFit(database.stagingRelation(), expression, type, join);
        ColumnType target = lossless ? join : Types.TEXT;
        if (target.kind() != Kind.TEXT) {
            return target;
        } else if (isReplaced() && type.kind() != Kind.TEXT && canBecome(there, type)) {
            return type;
        } else if (Types.isTime(current) && !(column.isExplicit() && type.kind() == Kind.TEXT)) {
            throw new PermanentException("The column " + there.name() + " of " + table + " is " + Types.text(current)
                    + ", and the rows have " + Types.text(type) + ", which only a text column could hold. "
                    + Types.decision(column.name(), current, type));
        }
        return target;
    }

    /** Returns whether all rows are replaced, and columns can change. */
    private boolean isReplaced() {
        return spec.mode() == Mode.REPLACE && !spec.freeze();
    }

    /** Returns whether the transaction that changes a column deletes all its values. */
    private boolean isCleared() {
        return isReplaced() && dialect.hasTransactionalDdl();
    }

    private boolean canHold(TableColumn there, ColumnType type) throws SQLException {
        return isCleared()
                || database.allFit(dialect.qualified(table), dialect.quote(there.name()), there.type(), type);
    }

    private boolean canBecome(TableColumn there, ColumnType type) throws SQLException {
        String name = dialect.quote(there.name());
        return isCleared() || database.all(dialect.qualified(table), name, dialect.converts(name, there.type(), type));
    }

    /** Returns the position of a staged column among the {@link #fields}; -1 if it has only NULLs. */
    int position(String name) {
        for (int i = 0; i < fields.size(); i++) {
            if (dialect.fold(fields.get(i).staged()).equals(dialect.fold(name))) {
                return i;
            }
        }
        return -1;
    }

    /** Returns the columns to load. */
    List<Field> fields() {
        return fields;
    }

    /** Returns whether the table exists after {@link #apply}. */
    boolean hasTable() {
        return exists || !fields.isEmpty();
    }

    /** Returns the columns that loads have brought, this one included, as the table spells them. */
    List<String> loaded() {
        return Stream.concat(
                        existing.values().stream()
                                .map(TableColumn::name)
                                .filter(name -> ours.contains(dialect.fold(name))),
                        added.stream().map(Column::name))
                .toList();
    }

    /** Returns whether {@link #apply} creates the table. */
    boolean creates() {
        return !exists && hasTable();
    }

    /** Returns the columns of the table after {@link #apply}, without that of the load id. */
    List<Column> columns() {
        Map<String, ColumnType> types = new HashMap<>();
        retyped.forEach(change -> types.put(change.column().name(), change.to()));
        String loadId = dialect.fold(Bookkeeping.LOAD_ID);
        return Stream.concat(
                        existing.entrySet().stream()
                                .filter(column -> !column.getKey().equals(loadId))
                                .map(Map.Entry::getValue)
                                .map(column ->
                                        new Column(column.name(), types.getOrDefault(column.name(), column.type()))),
                        added.stream())
                .toList();
    }

    /** Describes what {@link #apply} does to an existing table. */
    List<String> changes() {
        List<String> changes = new ArrayList<>();
        if (exists) {
            added.forEach(column -> changes.add("add " + column.name() + " " + Types.text(column.type())));
            retyped.forEach(change -> changes.add("change " + change.column().name() + " to " + Types.text(change.to())
                    + " (was " + Types.text(change.column().type()) + ")"));
        }
        return changes;
    }

    /** Rejects any change. */
    void refuse() {
        if (!exists) {
            throw new PermanentException(
                    "The table " + table + " does not exist, and schema=freeze forbids creating it");
        } else if (!changes().isEmpty()) {
            throw new PermanentException("The rows for " + table + " do not fit, and schema=freeze forbids: "
                    + String.join(", ", changes()) + "; correct the source or load with schema=evolve");
        }
    }

    @Override
    public boolean isNeeded() {
        return !added.isEmpty() || !retyped.isEmpty() || (exists && !hasLoadId());
    }

    /** Returns whether the table has the column of the load id. */
    private boolean hasLoadId() {
        return existing.containsKey(dialect.fold(Bookkeeping.LOAD_ID));
    }

    @Override
    public long apply() throws SQLException {
        Column loadId = new Column(dialect.spell(Bookkeeping.LOAD_ID), Types.TEXT);
        if (!exists) {
            if (!added.isEmpty()) {
                List<Column> columns = new ArrayList<>(added);
                columns.add(loadId);
                database.create(table, columns, List.of());
            }
            return 0;
        }
        boolean empty = isCleared() && !retyped.isEmpty();
        long deleted = empty ? database.clear(table) : 0;
        for (Retyped change : retyped) {
            TableColumn column = change.column();
            database.retype(table, column.name(), empty ? null : column.type(), change.to());
        }
        for (Column column : added) {
            database.add(table, column);
        }
        if (!hasLoadId()) {
            database.add(table, loadId);
        }
        changes().forEach(change -> LOG.info("{}: {}", table, change));
        return deleted;
    }
}
