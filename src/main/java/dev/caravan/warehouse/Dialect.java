package dev.caravan.warehouse;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The SQL of an engine as text: names, literals, types, conversions, and the statements that are written differently from
 * engine to engine. Stateless. What needs a connection is in {@link Database}.
 */
public abstract class Dialect {

    private static final Pattern SIMPLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_$]*");

    private static final String DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
    private static final String TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?";

    /**
     * Returns whether DDL takes part in transactions. An engine where it commits at once must protect a table that changes
     * by a {@link ChangeGuard} of its own.
     */
    public boolean hasTransactionalDdl() {
        return true;
    }

    /** Quotes an identifier. */
    public String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    /** Returns the quoted name of the schema of a table. */
    public String qualifiedSchema(TableName table) {
        return quote(table.database()) + "." + quote(table.schema());
    }

    /** Returns the quoted name of a table. */
    public final String qualified(TableName table) {
        return qualifiedSchema(table) + "." + quote(table.table());
    }

    /** Quotes a text as a literal. */
    public String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** Folds a name for comparison: two names that fold alike are the same. The default is that they are spelled alike. */
    public String fold(String name) {
        return spell(name);
    }

    /** Folds the parts of a table's name. */
    public final TableName fold(TableName table) {
        return new TableName(fold(table.database()), fold(table.schema()), fold(table.table()));
    }

    /** Spells a name of the source as the engine does when it creates it. */
    public String spell(String name) {
        return name;
    }

    /** Returns whether a name needs no quotes in most engines, which then fold its case. */
    public static boolean isSimple(String name) {
        return SIMPLE.matcher(name).matches();
    }

    /** Spells the parts of a table's name. */
    public final TableName spell(TableName table) {
        return new TableName(spell(table.database()), spell(table.schema()), spell(table.table()));
    }

    /** Returns the name of a type in DDL. */
    public abstract String typeName(ColumnType type);

    /** Returns the type without precision that has a name in DDL; null if none has. */
    protected final ColumnType typeNamed(String name) {
        return Stream.of(Kind.values())
                .filter(kind -> kind != Kind.DECIMAL)
                .map(ColumnType::of)
                .filter(type -> typeName(type).equals(name))
                .findFirst()
                .orElse(null);
    }

    /** Converts a staged value to the type of a column. */
    public abstract String cast(String expression, ColumnType from, ColumnType to);

    /**
     * Returns a condition that is true if and only if a value, which is not NULL, survives the conversion to another type
     * and back.
     *
     * @return the condition; {@code TRUE} if every value does, null if no value does
     */
    public abstract String fits(String expression, ColumnType from, ColumnType to);

    /**
     * Returns the condition {@link #fits} for the values of a table whose new type the user has set: a text converts if it
     * spells a value of the type, and a time without a zone is UTC.
     */
    public String converts(String expression, ColumnType from, ColumnType to) {
        if (Types.isDay(from) && to.kind() == Kind.TIMESTAMP_TZ) {
            return "TRUE"; // all sessions are in UTC
        } else if (from.kind() != Kind.TEXT) {
            return fits(expression, from, to);
        }
        return switch (to.kind()) {
            case BOOLEAN -> expression + " IN ('true', 'false')";
            case INTEGER, DECIMAL ->
                matches(expression, "[+-]?[0-9]+([.][0-9]{0," + to.scale() + "}0*)?") + " AND "
                        + parses(expression, to);
            case DOUBLE -> text(tryCast(expression, to), to) + " = " + expression;
            default -> fits(expression, from, to);
        };
    }

    /** Returns a condition that is true if a text is a date or time without loss; null if the type is neither. */
    protected final String fitsTime(String expression, ColumnType to) {
        String pattern =
                switch (to.kind()) {
                    case DATE -> DATE;
                    case TIME -> TIME;
                    case TIMESTAMP -> DATE + "[T ]" + TIME;
                    case TIMESTAMP_TZ -> DATE + "[T ]" + TIME + zonePattern();
                    default -> null;
                };
        return pattern == null ? null : matches(expression, pattern) + " AND " + parses(expression, to);
    }

    /** Returns the regular expression of the zones that the engine parses. */
    protected String zonePattern() {
        return "(Z|[+-][0-9]{2}:[0-9]{2})";
    }

    /** Returns a condition that is true if a regular expression matches a whole text. */
    protected abstract String matches(String expression, String pattern);

    /** Returns a condition that is true if a text can be cast to a type. */
    protected String parses(String expression, ColumnType to) {
        return tryCast(expression, to) + " IS NOT NULL";
    }

    /** Casts a text; NULL if it cannot be cast. */
    protected String tryCast(String expression, ColumnType to) {
        return "TRY_CAST(" + expression + " AS " + typeName(to) + ")";
    }

    /** Writes a value as {@link Values#text} does. */
    protected abstract String text(String expression, ColumnType from);

    /** Returns NULL of a type. */
    final String nullOf(ColumnType type) {
        return "CAST(NULL AS " + typeName(type) + ")";
    }

    /** Returns a condition that is true if two values differ, either of which may be NULL. */
    public String differs(String a, String b, ColumnType type) {
        return a + " IS DISTINCT FROM " + b;
    }

    /** Returns an expression that sorts as cursors do: texts byte by byte. */
    public String sortKey(String expression, ColumnType type) {
        return expression;
    }

    /** Quotes names and joins them by commas. */
    public final String names(List<String> names) {
        return names.stream().map(this::quote).collect(Collectors.joining(", "));
    }

    /** Returns the definition of a column, which may be NULL. */
    public final String definition(Column column) {
        return quote(spell(column.name())) + " " + typeName(column.type());
    }

    /**
     * Returns the statement that creates a table unless it exists.
     *
     * @param key the columns of the primary key; empty for none
     */
    public String createTable(TableName table, List<Column> columns, List<String> key) {
        return "CREATE TABLE IF NOT EXISTS " + qualified(table) + " ("
                + columns.stream().map(this::definition).collect(Collectors.joining(", "))
                + (key.isEmpty()
                        ? ""
                        : ", PRIMARY KEY ("
                                + names(key.stream().map(this::spell).toList()) + ")")
                + ")";
    }

    /**
     * Returns the statement that inserts a row unless its key exists; its one parameter is the key, a text. Of two at once
     * the second waits for the first, even if the engine does not enforce primary keys.
     *
     * @param column another column, which gets a value
     * @param value the value, as SQL
     */
    public String insertIfAbsent(TableName table, String key, String column, String value) {
        return "MERGE INTO " + qualified(table) + " t USING (SELECT CAST(? AS " + typeName(Types.TEXT) + ") AS " + key
                + ") s ON t." + key + " = s." + key + " WHEN NOT MATCHED THEN INSERT (" + key + ", " + column
                + ") VALUES (s." + key + ", " + value + ")";
    }

    /**
     * Returns the statement that deletes all rows but one of each key: the row with the greatest order, then the one with the
     * greatest number, stays.
     *
     * @param relation the rows
     * @param number the column that numbers the rows
     * @param key expressions
     * @param order an expression, or null
     */
    public String deduplicate(String relation, String number, List<String> key, String order) {
        return "DELETE FROM " + relation + " WHERE " + number + " IN (SELECT " + number + " FROM (SELECT " + number
                + ", " + rank(number, key, order) + " AS caravan_rank FROM " + relation
                + ") ranked WHERE caravan_rank > 1)";
    }

    /** Returns the rank of a row among those of its key, as {@link #deduplicate} orders them. */
    protected static String rank(String number, List<String> key, String order) {
        return "ROW_NUMBER() OVER (PARTITION BY " + String.join(", ", key) + " ORDER BY "
                + (order == null ? "" : order + " DESC NULLS LAST, ") + number + " DESC)";
    }

    /** Returns the query for the databases that the warehouse has; its column {@code name} is read. */
    public abstract String databases();

    /** Returns the query for the schemas of a database; its column {@code name} is read. */
    public abstract String schemas(String database);
}
