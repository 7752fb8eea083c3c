package bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A table of the source, in the schema {@code bench}. Its values depend on the number of the row alone.
 *
 * @param from the number of the row that comes after another, with {@code i} from 1 to {@link #rows}
 */
record SourceTable(String name, long rows, String from, List<Column> columns) {

    /** How the values of a column are compared. */
    enum Kind {
        INTEGER("BIGINT", "%s::text"),
        DECIMAL("DECIMAL(38,10)", "%s::text"),
        /** Numerics of any precision; these here have at most 15 decimals. */
        NUMERIC("DECIMAL(38,18)", "%s::text"),
        TEXT("VARCHAR", "%s::text"),
        JSON("VARCHAR", "%s::text"),
        /** Compared in microseconds, so that it does not matter whether the target knows time zones. */
        TIME("BIGINT", "(extract(epoch FROM %s) * 1000000)::bigint::text"),
        DATE("DATE", "%s::text"),
        BOOLEAN("BOOLEAN", "%s::text"),
        UUID("UUID", "%s::text"),
        DOUBLE("DOUBLE", "%s::text"),
        FLOAT("FLOAT", "%s::text");

        /** DuckDB's type for the comparison. */
        final String type;
        /** The value as text, in PostgreSQL's SQL. */
        final String text;

        Kind(String type, String text) {
            this.type = type;
            this.text = text;
        }
    }

    /**
     * A column.
     *
     * @param type PostgreSQL's
     * @param value an expression over {@code n}, the number of the row
     */
    record Column(String name, String type, Kind kind, String value) {}

    static final SourceTable NARROW = narrow("narrow", Bench.ROWS, "i", "2026-01-01");
    static final SourceTable SMALL = narrow("small", Math.min(1000, Bench.ROWS), "i", "2026-01-01");
    /** Nine of ten are rows of {@link #NARROW} with other values, the tenth is a new one; all have a later time. */
    static final SourceTable CHANGED =
            narrow("changed", Bench.ROWS / 100, "CASE WHEN i %% 10 = 0 THEN %d + i ELSE i * 100 END".formatted(Bench.ROWS), "2026-06-01");
    static final SourceTable WIDE = wide(Bench.ROWS / 5);

    private static SourceTable narrow(String name, long rows, String from, String since) {
        return new SourceTable(
                name,
                rows,
                from,
                List.of(
                        new Column("id", "bigint", Kind.INTEGER, "n"),
                        new Column("quantity", "int", Kind.INTEGER, "(n * 7919 % 50021)::int"),
                        new Column("amount", "numeric(12,2)", Kind.DECIMAL, "(n * 104729 % 999999937) / 100.0"),
                        new Column(
                                "product",
                                "varchar(100)",
                                Kind.TEXT,
                                "(ARRAY['Oak', 'Walnut', 'Steel', 'Linen', 'Café'])[1 + n % 5] || ' '"
                                        + " || (ARRAY['Table', 'Chair', 'Lamp', 'Shelf'])[1 + n % 4] || ' ' || n % 100003"),
                        new Column(
                                "changed_at",
                                "timestamp",
                                Kind.TIME,
                                "timestamp '" + since + "' + n * interval '1.000003 s'")));
    }

    /**
     * Each column but the key is NULL in every fifth row, each in another one. The keys of objects are in order by their length, as
     * jsonb has them, and by the alphabet, as others sort them.
     */
    private static SourceTable wide(long rows) {
        List<Column> columns = new ArrayList<>();
        columns.add(new Column("id", "bigint", Kind.INTEGER, "n"));
        List<Column> nullable = List.of(
                new Column("note", "text", Kind.TEXT, "'He said \"no, ' || n || E'\"\\n\\tand it''s 🚀 \\\\ fine; über ' || n % 977"),
                new Column("body", "text", Kind.TEXT, "repeat(md5(n::text), 1 + (n % 4)::int)"),
                new Column("title", "varchar(200)", Kind.TEXT, "'Title ' || md5((n % 5003)::text) || ', 中文, \"' || n % 13 || '\"'"),
                new Column("code", "varchar(20)", Kind.TEXT, "upper(substr(md5(n::text), 1, 12))"),
                new Column("city", "varchar(60)", Kind.TEXT, "(ARRAY['Zürich', 'São Paulo', 'New York', 'Kraków', '東京', ''])[1 + n % 6]"),
                new Column("email", "varchar(100)", Kind.TEXT, "'user' || n || '@example.com'"),
                new Column(
                        "attributes",
                        "jsonb",
                        Kind.JSON,
                        "jsonb_build_object('n', n, 'tags', jsonb_build_array('a', 'b\"c', n % 7), 'ok', n % 2 = 0, 'with', jsonb_build_object('x', n / 8.0))"),
                new Column("settings", "jsonb", Kind.JSON, "jsonb_build_object('theme', 'dark', 'size', n % 40, 'none', NULL)"),
                new Column("created_at", "timestamptz", Kind.TIME, "timestamptz '2020-01-01 00:00:00+00' + n * interval '61.000007 s'"),
                new Column("seen_at", "timestamptz", Kind.TIME, "timestamptz '2026-03-01 12:00:00+02' - n * interval '7.5 s'"),
                new Column("changed_at", "timestamp", Kind.TIME, "timestamp '2026-01-01' + n * interval '1.000003 s'"),
                new Column("planned_at", "timestamp", Kind.TIME, "timestamp '1969-06-01' + n * interval '1 minute'"),
                new Column("born", "date", Kind.DATE, "date '1930-01-01' + (n % 30000)::int"),
                new Column("due", "date", Kind.DATE, "date '2026-01-01' + (n % 1000)::int"),
                new Column("price", "numeric(12,2)", Kind.DECIMAL, "(n * 104729 % 999999937) / 100.0"),
                new Column("rate", "numeric(18,6)", Kind.DECIMAL, "(n * 7919 % 1000003) / 7.0"),
                new Column("exact", "numeric(38,10)", Kind.DECIMAL, "(n * 1234567)::numeric * 1000000007 * 1000003 + 0.0123456789"),
                new Column("free", "numeric", Kind.NUMERIC, "round(n / 7.0, (n % 16)::int)"),
                new Column("active", "bool", Kind.BOOLEAN, "n % 3 = 0"),
                new Column("paid", "bool", Kind.BOOLEAN, "n % 7 < 4"),
                new Column("customer", "uuid", Kind.UUID, "md5('c' || n % 10007)::uuid"),
                new Column("token", "uuid", Kind.UUID, "md5('t' || n)::uuid"),
                new Column("quantity", "int", Kind.INTEGER, "(n * 7919 % 50021)::int - 25000"),
                new Column("rank", "int", Kind.INTEGER, "(n % 2147483647)::int"),
                new Column("visits", "bigint", Kind.INTEGER, "n * 1000000007 % 9007199254740993"),
                new Column("score", "double precision", Kind.DOUBLE, "n / 3.0::double precision"),
                new Column("ratio", "double precision", Kind.DOUBLE, "sqrt(n::double precision) * 1e-9"),
                new Column("weight", "real", Kind.FLOAT, "(n % 100003) / 7.0::real"),
                new Column("country", "varchar(2)", Kind.TEXT, "(ARRAY['DE', 'BR', 'US', 'PL', 'JP'])[1 + n % 5]"));
        for (int i = 0; i < nullable.size(); i++) {
            Column column = nullable.get(i);
            columns.add(new Column(
                    column.name(),
                    column.type(),
                    column.kind(),
                    "CASE WHEN (n + %d) %% 5 <> 0 THEN %s END".formatted(i, column.value())));
        }
        return new SourceTable("wide", rows, "i", columns);
    }

    /** The statements that make the table, in PostgreSQL. */
    List<String> statements() {
        return List.of(
                "DROP TABLE IF EXISTS bench." + name,
                columns.stream()
                        .map(column -> column.name() + " " + column.type())
                        .collect(Collectors.joining(", ", "CREATE TABLE bench." + name + " (", ", PRIMARY KEY (id))")),
                columns.stream()
                        .map(Column::value)
                        .collect(Collectors.joining(
                                ", ",
                                "INSERT INTO bench." + name + " SELECT ",
                                " FROM (SELECT " + from + " AS n FROM generate_series(1::bigint, " + rows + ") AS i) AS numbers")),
                "VACUUM (ANALYZE, FREEZE) bench." + name);
    }
}
