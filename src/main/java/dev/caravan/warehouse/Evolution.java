package dev.caravan.warehouse;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.run.PermanentException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What has to happen to a table so that it can hold the staged rows. A column keeps its type if every staged value comes
 * back the same from it; else it gets the join of both types if every value that is there comes back the same from that;
 * else it becomes text.
 */
final class Evolution {

    private final Database database;
    private final TableName table;
    private final boolean exists;
    private final Map<String, Column> existing = new LinkedHashMap<>();

    private final List<Column> added = new ArrayList<>();
    private final List<Column> changed = new ArrayList<>();
    private final List<Field> fields = new ArrayList<>();

    /**
     * A column that is loaded.
     *
     * @param staged how the rows spell it
     * @param column how the table spells it
     * @param type the type that the table has for it
     * @param expression its value in that type, out of the staged rows
     */
    record Field(String staged, String column, ColumnType type, String expression) {}

    private Evolution(Database database, TableName table, List<Column> columns) {
        this.database = database;
        this.table = table;
        this.exists = !columns.isEmpty();
        for (Column column : columns) {
            Column other = existing.put(database.fold(column.name()), column);
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
     */
    static Evolution plan(Database database, TableName table, List<Column> columns, Staged staged) throws SQLException {
        Evolution evolution = new Evolution(database, table, columns);
        for (int i = 0; i < staged.columns().size(); i++) {
            StagedColumn column = staged.columns().get(i);
            if (column.type() != null) {
                evolution.consider(column.name(), column.type(), Staged.column(i));
            }
        }
        evolution.considerAbsent();
        return evolution;
    }

    /** What the rows do not have is NULL in them: the value that a row had before must not outlive it. */
    private void considerAbsent() {
        Set<String> loaded = new HashSet<>();
        fields.forEach(field -> loaded.add(database.fold(field.column())));
        existing.forEach((folded, column) -> {
            if (column.type() != null
                    && !loaded.contains(folded)
                    && !folded.equals(database.fold(Bookkeeping.LOAD_ID))) {
                fields.add(new Field(column.name(), column.name(), column.type(), database.nothing(column.type())));
            }
        });
    }

    private void consider(String name, ColumnType type, String expression) throws SQLException {
        Column there = existing.get(database.fold(name));
        if (there == null) {
            String column = database.name(name);
            added.add(new Column(column, type));
            fields.add(new Field(name, column, type, database.cast(expression, type, type)));
        } else if (there.type() == null) {
            fields.add(new Field(name, there.name(), type, database.cast(expression, type, type)));
        } else {
            ColumnType target = target(there, type, expression);
            if (!target.equals(there.type())) {
                changed.add(new Column(there.name(), target));
            }
            fields.add(new Field(name, there.name(), target, database.cast(expression, type, target)));
        }
    }

    private ColumnType target(Column there, ColumnType type, String expression) throws SQLException {
        ColumnType current = there.type();
        if (current.equals(type) || database.allFit(database.staged(), expression, type, current)) {
            return current;
        }
        ColumnType join = Types.join(current, type);
        boolean lossless = database.allFit(table.quoted(), TableName.quote(there.name()), current, join)
                && database.allFit(database.staged(), expression, type, join);
        return lossless ? join : Types.TEXT;
    }

    /** The columns to load. */
    List<Field> fields() {
        return fields;
    }

    /** Whether there is a table to load into after {@link #apply}. */
    boolean hasTable() {
        return exists || !fields.isEmpty();
    }

    /** Refuses any change. */
    void refuse() {
        List<String> changes = new ArrayList<>();
        added.forEach(column -> changes.add("add " + column.name() + " " + Types.text(column.type())));
        changed.forEach(column -> changes.add("change " + column.name() + " to " + Types.text(column.type())));
        if (!exists) {
            throw new PermanentException(
                    "The table " + table + " does not exist, and schema=freeze forbids to create it");
        } else if (!changes.isEmpty()) {
            throw new PermanentException("The rows for " + table + " do not fit, and schema=freeze forbids to "
                    + String.join(", ", changes) + "; correct the source or load with schema=evolve");
        }
    }

    /** Whether {@link #apply} does anything. */
    boolean isNeeded() {
        return !added.isEmpty() || !changed.isEmpty() || (exists && !isMarked());
    }

    /** Whether the table's rows tell which load has written them. */
    private boolean isMarked() {
        return existing.containsKey(database.fold(Bookkeeping.LOAD_ID));
    }

    /** Changes the table. Outside any transaction, because some engines commit at each change. */
    void apply() throws SQLException {
        Column loadId = new Column(database.name(Bookkeeping.LOAD_ID), Types.TEXT);
        if (!exists) {
            if (!added.isEmpty()) {
                List<Column> columns = new ArrayList<>(added);
                columns.add(loadId);
                database.create(table, columns, List.of());
            }
            return;
        }
        for (Column column : changed) {
            database.widen(table, existing.get(database.fold(column.name())), column.type());
        }
        for (Column column : added) {
            database.add(table, column);
        }
        if (!isMarked()) {
            database.add(table, loadId);
        }
    }
}
