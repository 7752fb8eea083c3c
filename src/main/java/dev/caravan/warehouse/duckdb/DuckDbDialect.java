package dev.caravan.warehouse.duckdb;

import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.warehouse.Dialect;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** DuckDB's SQL. */
final class DuckDbDialect extends Dialect {

    static final DuckDbDialect INSTANCE = new DuckDbDialect();

    private static final Pattern DECIMAL = Pattern.compile("DECIMAL\\((\\d+),(\\d+)\\)");
    private static final Set<Kind> NUMBERS = EnumSet.of(Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE);
    private static final Set<Kind> DAYS = EnumSet.of(Kind.DATE, Kind.TIMESTAMP);

    private DuckDbDialect() {}

    /** DuckDB ignores the case of ASCII letters, and of no others. */
    @Override
    public String fold(String name) {
        StringBuilder folded = new StringBuilder(name.length());
        name.chars().forEach(c -> folded.append((char) (c >= 'A' && c <= 'Z' ? c + 32 : c)));
        return folded.toString();
    }

    @Override
    public String typeName(ColumnType type) {
        return switch (type.kind()) {
            case BOOLEAN -> "BOOLEAN";
            case INTEGER -> "BIGINT";
            case DECIMAL -> "DECIMAL(" + type.precision() + "," + type.scale() + ")";
            case DOUBLE -> "DOUBLE";
            case DATE -> "DATE";
            case TIME -> "TIME";
            case TIMESTAMP -> "TIMESTAMP";
            case TIMESTAMP_TZ -> "TIMESTAMP WITH TIME ZONE";
            case TEXT -> "VARCHAR";
            case BINARY -> "BLOB";
            case JSON -> "JSON";
        };
    }

    /** Returns the type of a name; null if Caravan does not create columns of it. */
    ColumnType type(String name) {
        Matcher decimal = DECIMAL.matcher(name);
        if (decimal.matches()) {
            return ColumnType.decimal(Integer.parseInt(decimal.group(1)), Integer.parseInt(decimal.group(2)));
        }
        return typeNamed(name);
    }

    @Override
    public String cast(String expression, ColumnType from, ColumnType to) {
        if (from.equals(to)) {
            return expression;
        }
        return to.kind() == Kind.TEXT ? text(expression, from) : "CAST(" + expression + " AS " + typeName(to) + ")";
    }

    @Override
    protected String text(String expression, ColumnType from) {
        String text = "CAST(" + expression + " AS VARCHAR)";
        return switch (from.kind()) {
            case DECIMAL -> {
                String shortest = from.scale() == 0 ? text : "rtrim(rtrim(" + text + ", '0'), '.')";
                // one that has no digits before the point is written without a zero there
                yield from.scale() < from.precision()
                        ? shortest
                        : "regexp_replace(" + shortest + ", '^(-?)(\\.|$)', '\\10\\2')";
            }
            case DOUBLE -> "regexp_replace(" + text + ", '\\.0$', '')";
            case TIMESTAMP_TZ -> text + " || ':00'"; // the zone of all connections is UTC
            case BINARY -> "lower(hex(" + expression + "))";
            default -> text;
        };
    }

    @Override
    public String fits(String expression, ColumnType from, ColumnType to) {
        if (to.kind() == Kind.TEXT) {
            return "TRUE";
        } else if ((NUMBERS.contains(from.kind()) && NUMBERS.contains(to.kind()))
                || (DAYS.contains(from.kind()) && DAYS.contains(to.kind()))) {
            return "TRY_CAST(" + tryCast(expression, to) + " AS " + typeName(from) + ") = " + expression;
        }
        return from.kind() == Kind.TEXT ? fitsTime(expression, to) : null;
    }

    @Override
    protected String zonePattern() {
        return "(Z|[+-][0-9]{2}(:?[0-9]{2})?)";
    }

    @Override
    protected String matches(String expression, String pattern) {
        return "regexp_full_match(" + expression + ", '" + pattern + "')";
    }

    @Override
    public String databases() {
        return "SELECT database_name AS name FROM duckdb_databases()";
    }

    @Override
    public String schemas(String database) {
        return "SELECT schema_name AS name FROM information_schema.schemata WHERE catalog_name = " + literal(database);
    }
}
