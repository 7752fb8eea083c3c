package dev.caravan.warehouse;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.run.PermanentException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to happen to a table so that it can hold the staged rows. A column keeps its type if every staged value comes
 * back the same from it; else it gets the join of both types if every value that is there comes back the same from that;
 * else it becomes text, unless it is a time. Where all rows go, a column gets the type that the source declares.
 *
 * <p>Columns that no load has brought are not ours, and are left alone.
 */
final class Evolution {

    private static final Logger LOG = LoggerFactory.getLogger(Evolution.class);

    private final Database database;
    private final Dialect dialect;
    private final TableName table;
    private final LoadSpec spec;
    private final boolean exists;
    private final Map<String, TableColumn> existing = new LinkedHashMap<>();

    private final List<Column> added = new ArrayList<>();
    private final List<Retyped> retyped = new ArrayList<>();
    private final List<Field> fields = new ArrayList<>();
    /** The columns that are ours after the load, folded. */
    private final Set<String> ours = new HashSet<>();

    /**
     * A column that is loaded.
     *
     * @param staged how the rows spell it
     * @param column how the table spells it
     * @param type the type that the table has for it
     * @param expression its value in that type, out of the staged rows
     */
    record Field(String staged, String column, ColumnType type, String expression) {}

    private record Retyped(TableColumn column, ColumnType to) {}

    private Evolution(Database database, TableName table, List<TableColumn> columns, LoadSpec spec) {
        this.database = database;
        this.dialect = database.dialect();
        this.table = table;
        this.spec = spec;
        this.exists = !columns.isEmpty();
        for (TableColumn column : columns) {
            TableColumn other = existing.put(dialect.fold(column.name()), column);
            if (other != null) {
                throw new PermanentException("The table " + table + " has the columns " + other.name() + " and "
                        + column.name() + ", which cannot be told apart; rename one of them");
            }
        }
    }

    /**
     * Compares the staged rows with the table.
     *
     * @param columns those of the table; none if there is no table yet
     * @param loaded the columns that earlier loads have brought; null if that is not known
     */
    static Evolution plan(
            Database database,
            TableName table,
            List<TableColumn> columns,
            List<String> loaded,
            StagedRows staged,
            LoadSpec spec)
            throws SQLException {
        Evolution evolution = new Evolution(database, table, columns, spec);
        for (int i = 0; i < staged.columns().size(); i++) {
            StagedColumn column = staged.columns().get(i);
            if (column.type() != null) {
                evolution.consider(column, StagedRows.column(i));
            }
            evolution.ours.add(evolution.dialect.fold(column.name()));
        }
        if (loaded != null) {
            loaded.forEach(name -> evolution.ours.add(evolution.dialect.fold(name)));
        }
        evolution.considerAbsent(loaded == null);
        return evolution;
    }

    /** What the rows do not have is NULL in them, if it is ours: the value that a row had before must not outlive it. */
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
        if (isUnknown && isMarked() && !unknown.isEmpty()) {
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
        if ((decided || column.isStated()) && !isKin(target, type) && target.kind() != type.kind()) {
            LOG.warn(
                    "The column {} of {} is {} and does not become {}: {}",
                    there.name(),
                    table,
                    Types.text(target),
                    Types.text(type),
                    spec.freeze()
                            ? "schema=freeze"
                            : "not every value that is there can; correct them, or let the next run make the table"
                                    + " anew after caravan reset --drop");
        }
        return target;
    }

    /** Whether the user, or a source whose rows take the place of all others, says what a column has to become. */
    private boolean isDecided(TableColumn there, StagedColumn column, String expression) throws SQLException {
        ColumnType current = there.type();
        ColumnType type = column.type();
        if (isReplaced() && column.isDeclared()) {
            return !isKin(current, type) || !database.allFit(database.stagingRelation(), expression, type, current);
        }
        return column.isStated()
                && (current.kind() == Kind.TEXT
                        || type.kind() == Kind.TEXT
                        || (Types.isTime(current) && type.kind() == Kind.TIMESTAMP_TZ));
    }

    /** Whether one of two types may do for the other. */
    private static boolean isKin(ColumnType one, ColumnType other) {
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
        } else if (Types.isTime(current) && !(column.isStated() && type.kind() == Kind.TEXT)) {
            throw new PermanentException("The column " + there.name() + " of " + table + " is " + Types.text(current)
                    + ", and the rows have " + Types.text(type) + ", for which the column would have to become text. "
                    + Types.decision(column.name(), current, type));
        }
        return target;
    }

    /** Whether all rows that are there go, and columns may change. */
    private boolean isReplaced() {
        return spec.mode() == Mode.REPLACE && !spec.freeze();
    }

    /** Whether no value that is there will outlive the transaction in which the column changes. */
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

    /** The columns to load. */
    List<Field> fields() {
        return fields;
    }

    /** Whether there is a table to load into after {@link #apply}. */
    boolean hasTable() {
        return exists || !fields.isEmpty();
    }

    /** The columns that are ours after {@link #apply}, as the table spells them. */
    List<String> loaded() {
        return Stream.concat(
                        existing.values().stream()
                                .map(TableColumn::name)
                                .filter(name -> ours.contains(dialect.fold(name))),
                        added.stream().map(Column::name))
                .toList();
    }

    /** What {@link #apply} does to a table that is there, as people read it. */
    List<String> changes() {
        List<String> changes = new ArrayList<>();
        if (exists) {
            added.forEach(column -> changes.add("add " + column.name() + " " + Types.text(column.type())));
            retyped.forEach(change -> changes.add("change " + change.column().name() + " to " + Types.text(change.to())
                    + " (was " + Types.text(change.column().type()) + ")"));
        }
        return changes;
    }

    /** Refuses any change. */
    void refuse() {
        if (!exists) {
            throw new PermanentException(
                    "The table " + table + " does not exist, and schema=freeze forbids creating it");
        } else if (!changes().isEmpty()) {
            throw new PermanentException("The rows for " + table + " do not fit, and schema=freeze forbids to "
                    + String.join(", ", changes()) + "; correct the source or load with schema=evolve");
        }
    }

    /** Whether {@link #apply} does anything. */
    boolean isNeeded() {
        return !added.isEmpty() || !retyped.isEmpty() || (exists && !isMarked());
    }

    /** Whether the table's rows tell which load has written them. */
    private boolean isMarked() {
        return existing.containsKey(dialect.fold(Bookkeeping.LOAD_ID));
    }

    /**
     * Changes the table, in a transaction if the engine can.
     *
     * @return how many rows had to go for that, of those that go anyway
     */
    long apply() throws SQLException {
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
        if (!isMarked()) {
            database.add(table, loadId);
        }
        changes().forEach(change -> LOG.info("{}: {}", table, change));
        return deleted;
    }
}
