package dev.caravan.warehouse;

import dev.caravan.run.PermanentException;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The NOT NULL columns of a table. Rows without a value for them are rejected before anything is changed. */
final class NotNullColumns {

    private final TableName table;
    private final Dialect dialect;
    private final List<TableColumn> columns;

    NotNullColumns(TableName table, List<TableColumn> columns, Dialect dialect) {
        this.table = table;
        this.dialect = dialect;
        this.columns = columns.stream()
                .filter(column -> !column.nullable())
                .filter(column -> !dialect.fold(column.name()).equals(dialect.fold(Bookkeeping.LOAD_ID)))
                .toList();
    }

    /** Rejects rows that lack a column, unless it has a default. */
    void requireNames(Collection<String> names) {
        Set<String> brought = names.stream().map(dialect::fold).collect(Collectors.toSet());
        List<TableColumn> missing = columns.stream()
                .filter(column -> !column.hasDefault() && !brought.contains(dialect.fold(column.name())))
                .toList();
        if (!missing.isEmpty()) {
            throw new PermanentException("The table " + table + " has NOT NULL columns that the rows do not have: "
                    + missing.stream().map(TableColumn::name).collect(Collectors.joining(", "))
                    + ". Load into another table, or allow NULL: " + drop(missing));
        }
    }

    /** Rejects staged rows with NULL in a column. */
    void requireValues(Database database, List<SchemaChange.Field> fields) throws SQLException {
        for (TableColumn column : columns) {
            for (SchemaChange.Field field : fields) {
                if (field.column().equals(column.name()) && database.hasNull(field.expression())) {
                    throw new PermanentException("The rows have NULL in the column " + column.name() + " of " + table
                            + ", which is NOT NULL. Correct the source, or allow NULL: " + drop(List.of(column)));
                }
            }
        }
    }

    private String drop(List<TableColumn> dropped) {
        return dropped.stream()
                .map(column -> "ALTER TABLE " + dialect.qualified(table) + " ALTER COLUMN "
                        + dialect.quote(column.name()) + " DROP NOT NULL")
                .collect(Collectors.joining("; "));
    }
}
