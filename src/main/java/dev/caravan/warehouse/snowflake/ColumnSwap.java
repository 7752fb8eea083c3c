package dev.caravan.warehouse.snowflake;

import dev.caravan.data.ColumnType;
import dev.caravan.warehouse.TableColumn;
import dev.caravan.warehouse.TableName;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Changes the type of a column in ways that Snowflake does not offer: converts its values into a new column, which then takes
 * its place. The table keeps its rows, grants and history; the column becomes the last one. Each step is a transaction, and
 * {@link #finish} continues after any of them.
 */
final class ColumnSwap {

    /** The prefix of a column whose values are being converted. */
    private static final String NEW = "_CARAVAN_NEW_";
    /** The prefix of a column whose values have been converted. */
    private static final String OLD = "_CARAVAN_OLD_";

    private static final SnowflakeDialect SQL = SnowflakeDialect.INSTANCE;

    private final SnowflakeDatabase database;
    private final TableName table;

    private ColumnSwap(SnowflakeDatabase database, TableName table) {
        this.database = database;
        this.table = table;
    }

    /** Changes the type of a column. */
    static void run(SnowflakeDatabase database, TableName table, String column, ColumnType from, ColumnType to)
            throws SQLException {
        ColumnSwap swap = new ColumnSwap(database, table);
        swap.alter("ADD COLUMN " + SQL.quote(NEW + column) + " " + SQL.typeName(to));
        database.update("UPDATE " + SQL.qualified(table) + " SET " + SQL.quote(NEW + column) + " = "
                + SQL.castStored(SQL.quote(column), from, to) + " WHERE " + SQL.quote(column) + " IS NOT NULL");
        swap.rename(column, OLD + column);
        swap.rename(NEW + column, column);
        swap.dropOld(column, from, to);
    }

    /** Returns whether a table of these columns was left in the middle of a change. */
    static boolean isUnfinished(List<TableColumn> columns) {
        return columns.stream().map(TableColumn::name).anyMatch(name -> name.startsWith(NEW) || name.startsWith(OLD));
    }

    /** Finishes or undoes a change that was left unfinished. */
    static void finish(SnowflakeDatabase database, TableName table) throws SQLException {
        Map<String, ColumnType> columns = new LinkedHashMap<>();
        for (TableColumn column : database.columns(table)) {
            columns.put(column.name(), column.type());
        }
        ColumnSwap swap = new ColumnSwap(database, table);
        for (String old : List.copyOf(columns.keySet())) {
            if (old.startsWith(OLD)) {
                swap.finish(columns, old.substring(OLD.length()));
            }
        }
        for (String left : columns.keySet()) {
            if (left.startsWith(NEW)) {
                swap.alter("DROP COLUMN " + SQL.quote(left));
            }
        }
    }

    private void finish(Map<String, ColumnType> columns, String column) throws SQLException {
        if (!columns.containsKey(column) && !columns.containsKey(NEW + column)) {
            rename(OLD + column, column);
            return;
        }
        if (!columns.containsKey(column)) {
            rename(NEW + column, column);
            columns.put(column, columns.remove(NEW + column));
        }
        dropOld(column, columns.get(OLD + column), columns.get(column));
    }

    /** Drops the old column, after the conversion of rows that a user, who is not subject to the claim, has inserted since. */
    private void dropOld(String column, ColumnType from, ColumnType to) throws SQLException {
        String name = SQL.quote(column);
        String old = SQL.quote(OLD + column);
        database.update("UPDATE " + SQL.qualified(table) + " SET " + name + " = " + SQL.castStored(old, from, to)
                + " WHERE " + name + " IS NULL AND " + old + " IS NOT NULL");
        alter("DROP COLUMN " + old);
    }

    private void rename(String from, String to) throws SQLException {
        alter("RENAME COLUMN " + SQL.quote(from) + " TO " + SQL.quote(to));
    }

    private void alter(String change) throws SQLException {
        database.update("ALTER TABLE " + SQL.qualified(table) + " " + change);
    }
}
