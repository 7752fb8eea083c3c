package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.Installation.Background;
import dev.caravan.Installation.LedgerRun;
import dev.caravan.Installation.Result;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What tables of a real database do to those who copy them. Each has a route that was copied, with five lines changed. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SourceIT {

    private Source source;
    private Installation caravan;

    @BeforeAll
    void install(@TempDir Path directory) throws Exception {
        source = Source.in(directory.resolve("postgres"));
        caravan = Installation.in(directory.resolve("home")).set(Map.of("postgres.url", source.url()));
    }

    @AfterAll
    void stop() throws Exception {
        source.close();
    }

    @Test
    void hostileColumnNames() throws Exception {
        List<String> names = List.of(
                "with space",
                "quo\"te",
                "it's",
                "Capital",
                "select",
                "naïve ☃ 列",
                "'; DROP TABLE products; --",
                "a.b",
                "${body}",
                ":cursor",
                "{{x}}");
        source.execute("CREATE TABLE raw_data.hostile (id integer, changed timestamp, "
                + String.join(
                        ", ", names.stream().map(name -> quote(name) + " text").toList()) + ")");
        source.execute("INSERT INTO raw_data.hostile VALUES (1, '2026-01-01', " + values(names, "of 1, ") + ")");
        source.execute("INSERT INTO raw_data.hostile VALUES (2, '2026-01-01', " + values(names, "of 2, ") + ")");
        copyRoute("hostile");
        completes("hostile");
        source.execute("UPDATE raw_data.hostile SET changed = '2026-01-02', \"select\" = 'new' WHERE id = 1");
        assertThat(completes("hostile").rows()).isEqualTo(1);

        assertThat(caravan.warehouse(
                        "DLT",
                        "SELECT column_name FROM information_schema.columns WHERE table_name = 'HOSTILE'"
                                + " AND column_name NOT LIKE '\\_caravan%' ESCAPE '\\' ORDER BY ordinal_position"))
                .extracting(row -> row.get(0))
                .startsWith("id", "changed")
                .endsWith(names.toArray());
        String all = "SELECT id, changed, "
                + String.join(", ", names.stream().map(SourceIT::quote).toList()) + " FROM %s ORDER BY id";
        List<List<Object>> copied = caravan.warehouse("DLT", all.formatted("APPLICATION_DATA.HOSTILE"));
        assertThat(copied).isEqualTo(source.query(all.formatted("raw_data.hostile")));
        assertThat(copied.get(0)).contains("new").contains("of 1, '; DROP TABLE products; --");
    }

    @Test
    void namesThatAreTheSameToTheWarehouse() throws Exception {
        source.execute("CREATE TABLE raw_data.twins (id integer, changed timestamp, price integer, \"Price\" integer)");
        source.execute("INSERT INTO raw_data.twins VALUES (1, '2026-01-01', 1, 2)");
        copyRoute("twins");
        fails("twins", 1, "price and Price", "rename one in the source");
    }

    @Test
    void schemaThatChanges() throws Exception {
        source.execute(
                "CREATE TABLE raw_data.changing (id integer, changed timestamp, small smallint, amount numeric(6, 2),"
                        + " code integer)");
        source.execute("INSERT INTO raw_data.changing VALUES (1, '2026-01-01', 1, 1.25, 7)");
        copyRoute("changing");
        completes("changing");
        source.execute("ALTER TABLE raw_data.changing ALTER small TYPE bigint, ALTER amount TYPE numeric(30, 10),"
                + " ALTER code TYPE text, ADD added date");
        source.execute("INSERT INTO raw_data.changing VALUES (2, '2026-01-02', 9007199254740993,"
                + " 12345678901234567890.0123456789, '7a', '2026-02-03')");
        completes("changing");
        assertThat(caravan.warehouse(
                        "DLT",
                        "SELECT id, small, CAST(amount AS VARCHAR), code, CAST(added AS VARCHAR)"
                                + " FROM APPLICATION_DATA.CHANGING ORDER BY id"))
                .containsExactly(
                        Arrays.asList(1L, 1L, "1.2500000000", "7", null),
                        Arrays.asList(2L, 9007199254740993L, "12345678901234567890.0123456789", "7a", "2026-02-03"));
    }

    @Test
    void allTypes() throws Exception {
        source.execute("CREATE TYPE raw_data.mood AS ENUM ('sad', 'happy')");
        Map<String, List<String>> columns = new LinkedHashMap<>();
        // type of PostgreSQL: values there, and as DuckDB writes them
        columns.put("smallint", List.of("-32768", "-32768", "32767", "32767"));
        columns.put("bigint", List.of("-9223372036854775808", "-9223372036854775808", "7", "7"));
        columns.put("numeric(10,2)", List.of("12345678.90", "12345678.90", "-0.01", "-0.01"));
        columns.put("numeric", List.of("1e20", "100000000000000000000.00", "-0.25", "-0.25"));
        columns.put("numeric(50,1)", List.of("1e40", "1" + "0".repeat(40) + ".0", "0", "0.0"));
        columns.put("real", List.of("0.1", "0.10000000149011612", "'Infinity'", "inf"));
        columns.put("double precision", List.of("0.1", "0.1", "'NaN'", "nan"));
        columns.put("boolean", List.of("true", "true", "false", "false"));
        columns.put("char(3)", List.of("'a'", "a  ", "'ü☃'", "ü☃ "));
        columns.put("text", List.of("''", "", "'a''b\"\\'", "a'b\"\\"));
        columns.put("bytea", List.of("'\\x00ff41'", "\\x00\\xFFA", "''", ""));
        columns.put("date", List.of("'0044-03-15 BC'", "0044-03-15 (BC)", "'5874897-12-31'", "5874897-12-31"));
        columns.put("time", List.of("'23:59:59.123456'", "23:59:59.123456", "'24:00'", "23:59:59.999999"));
        columns.put("timetz", List.of("'10:00+02'", "10:00+02:00", "'00:00:01Z'", "00:00:01Z"));
        columns.put(
                "timestamp",
                List.of(
                        "'0044-03-15 10:00:00.5 BC'",
                        "0044-03-15 (BC) 10:00:00.5",
                        "'infinity'",
                        "9999-12-31 23:59:59.999999"));
        columns.put(
                "timestamptz",
                List.of("'2026-03-29 03:30+02'", "2026-03-29 01:30:00+00", "'-infinity'", "0001-01-01 00:00:00+00"));
        columns.put("interval", List.of("'1 day 2 hours'", "P1DT2H", "'-1 mon'", "P-1M"));
        columns.put(
                "uuid",
                List.of(
                        "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
                        "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                        "'00000000-0000-0000-0000-000000000000'",
                        "00000000-0000-0000-0000-000000000000"));
        columns.put("json", List.of("'{\"a\":1.50}'", "{\"a\":1.50}", "'null'", "null"));
        columns.put("jsonb", List.of("'[1,null]'", "[1, null]", "'\"x\"'", "\"x\""));
        columns.put("integer[]", List.of("'{{1,2},{3,NULL}}'", "[[1,2],[3,null]]", "'{}'", "[]"));
        columns.put("text[]", List.of("'{a,\"b,c\",NULL}'", "[\"a\",\"b,c\",null]", "'{}'", "[]"));
        columns.put("raw_data.mood", List.of("'sad'", "sad", "'happy'", "happy"));
        columns.put("inet", List.of("'10.0.0.1/8'", "10.0.0.1/8", "'::1'", "::1"));

        List<String> names = new ArrayList<>();
        List<List<String>> given = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        List<List<Object>> expected = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        columns.forEach((type, values) -> {
            names.add("c" + names.size() + " " + type);
            for (int row = 0; row < 3; row++) {
                given.get(row).add(row == 2 ? "NULL" : values.get(2 * row));
                expected.get(row).add(row == 2 ? null : values.get(2 * row + 1));
            }
        });
        source.execute("CREATE TABLE raw_data.types (id integer, changed date, " + String.join(", ", names) + ")");
        for (int row = 0; row < 3; row++) {
            source.execute("INSERT INTO raw_data.types VALUES (" + row + ", '2026-01-01', "
                    + String.join(", ", given.get(row)) + ")");
        }
        copyRoute("types");
        completes("types");

        List<List<Object>> rows = caravan.warehouse(
                "DLT",
                "SELECT "
                        + String.join(
                                ", ",
                                names.stream()
                                        .map(name -> "CAST(" + name.split(" ", 2)[0] + " AS VARCHAR)")
                                        .toList())
                        + " FROM APPLICATION_DATA.TYPES ORDER BY id");
        assertThat(rows).isEqualTo(expected);
    }

    @Test
    void lateEqualAndDoubleRows() throws Exception {
        source.execute("CREATE TABLE raw_data.late (id integer, changed timestamp, what text)");
        source.execute(
                "INSERT INTO raw_data.late VALUES (1, '2026-01-01 11:00', 'first'), (2, '2026-01-01 12:00', 'old'),"
                        + " (2, '2026-01-01 12:00:01', 'latest'), (2, '2026-01-01 11:59', 'older'),"
                        + " (6, 'infinity', 'for ever')");
        copyRoute("late");
        assertThat(completes("late").rows()).isEqualTo(3);
        assertThat(late()).containsExactly(List.of(1L, "first"), List.of(2L, "latest"), List.of(6L, "for ever"));

        source.execute("INSERT INTO raw_data.late VALUES (3, '2026-01-01 11:30', 'late'),"
                + " (4, '2026-01-01 12:00:01', 'equal'), (5, '2026-01-01 10:00', 'too late for the lag')");
        completes("late");
        assertThat(late())
                .containsExactly(
                        List.of(1L, "first"),
                        List.of(2L, "latest"),
                        List.of(3L, "late"),
                        List.of(4L, "equal"),
                        List.of(6L, "for ever"));

        assertThat(completes("late").rows()).isZero();
        assertThat(late()).hasSize(5);
    }

    private List<List<Object>> late() throws Exception {
        return caravan.warehouse("DLT", "SELECT id, what FROM APPLICATION_DATA.LATE ORDER BY id, what");
    }

    @Test
    void failsHalfWay() throws Exception {
        source.execute("CREATE TABLE raw_data.halfway AS SELECT n AS id, TIMESTAMP '2026-01-01' AS changed,"
                + " n::text AS number FROM generate_series(1, 30000) AS n");
        copyRoute("halfway");
        completes("halfway");
        String count = "SELECT count(*) FROM APPLICATION_DATA.HALFWAY";
        assertThat(caravan.warehouse("DLT", count)).containsExactly(List.of(30000L));

        copyRoute("divided", "halfway", Map.of("SELECT *", "SELECT id, changed, 1 / (id - 25000) AS number"));
        fails("divided", 1, "division by zero");
        copyRoute("cast", "halfway", Map.of("SELECT *", "SELECT id, changed, number::boolean"));
        fails("cast", 1, "invalid input syntax for type boolean");
        assertThat(caravan.warehouse("DLT", count + " WHERE id = TRY_CAST(number AS INTEGER)"))
                .containsExactly(List.of(30000L));
    }

    @Test
    void serverEndsTheConnectionInMidStream() throws Exception {
        source.execute("CREATE FUNCTION raw_data.slow(n integer) RETURNS integer LANGUAGE plpgsql AS"
                + " $$ BEGIN PERFORM pg_sleep(0.001); RETURN n; END $$");
        source.execute("CREATE TABLE raw_data.cut AS SELECT n AS id, TIMESTAMP '2026-01-01' AS changed"
                + " FROM generate_series(1, 1500) AS n");
        copyRoute(
                        "cut",
                        "cut",
                        Map.of(
                                "SELECT *",
                                "SELECT raw_data.slow(id) AS id, changed",
                                "outputType:",
                                "statement.fetchSize: 10\n                    outputType:"))
                .option("cut", "retryDelay", "50ms");
        try (Background run = caravan.start("cut", "run", "cut", "--output", "json");
                Connection admin = source.connect("postgres")) {
            String streaming = " FROM pg_stat_activity WHERE usename = 'caravan_reader' AND query LIKE '%slow%'";
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> !Source.query(admin, "SELECT pid" + streaming).isEmpty());
            Thread.sleep(300);
            assertThat(Source.query(admin, "SELECT pg_terminate_backend(pid)" + streaming))
                    .containsExactly(List.of(true));
            Result result = run.await();
            assertThat(result.exit()).as(result.err()).isZero();
            assertThat(result.json().get("attempts").asInt()).isEqualTo(2);
            assertThat(result.json().get("rows").asLong()).isEqualTo(1500);
            assertThat(result.err()).contains("terminating connection due to administrator command");
        }
        assertThat(caravan.warehouse("DLT", "SELECT count(*), count(DISTINCT id) FROM APPLICATION_DATA.CUT"))
                .containsExactly(List.of(1500L, 1500L));
    }

    @Test
    void emptySource() throws Exception {
        source.execute("CREATE TABLE raw_data.empty (id integer, changed timestamp)");
        source.execute("INSERT INTO raw_data.empty VALUES (1, '2026-01-01')");
        copyRoute("empty");
        completes("empty");
        source.execute("TRUNCATE raw_data.empty");
        assertThat(completes("empty").rows()).isZero();
        copyRoute("emptied", "empty", Map.of("mode: merge", "mode: replace", "key: id", "allowEmpty: false"));
        fails("emptied", 1, "The source of DLT.APPLICATION_DATA.EMPTY is empty", "allowEmpty=true");
        assertThat(caravan.warehouse("DLT", "SELECT id FROM APPLICATION_DATA.EMPTY"))
                .containsExactly(List.of(1L));
    }

    @Test
    void lostAcknowledgement() throws Exception {
        source.execute("CREATE TABLE raw_data.acknowledged AS SELECT n AS id, TIMESTAMP '2026-01-01' AS changed"
                + " FROM generate_series(1, 500) AS n");
        copyRoute("acknowledged");
        caravan.copyRoute(
                        "acknowledged",
                        "acknowledged",
                        Map.of("mode: merge", "mode: append", "key: id", "schema: evolve"))
                .option("acknowledged", "retryDelay", "50ms");
        Result result = caravan.withJava("-Dcaravan.failpoint=warehouse.committed:throw")
                .run("run", "acknowledged", "--output", "json");
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.json().get("state").asText()).isEqualTo("completed");
        assertThat(result.json().get("attempts").asInt()).isEqualTo(2);
        assertThat(result.json().get("rows").asLong()).isEqualTo(500);
        assertThat(result.err()).contains("was committed by an earlier attempt");
        assertThat(caravan.warehouse("DLT", "SELECT count(*), count(DISTINCT id) FROM APPLICATION_DATA.ACKNOWLEDGED"))
                .containsExactly(List.of(500L, 500L));
    }

    /** A copy of products-daily of another table. */
    private void copyRoute(String table) throws Exception {
        copyRoute(table, table, Map.of());
    }

    /** The five things that a user changes in a copy of products-daily: columns, two tables, key and cursor; and more. */
    private Installation copyRoute(String pipeline, String table, Map<String, String> more) throws Exception {
        Map<String, String> changes = new LinkedHashMap<>();
        changes.put("SELECT audit_id, product_id, product_name, price_usd, operation, valid_ts", "SELECT *");
        changes.put("raw_data.products", "raw_data." + table);
        changes.put("PRODUCTS", table.toUpperCase(Locale.ROOT));
        changes.put("audit_id", "id");
        changes.put("valid_ts", "changed");
        changes.putAll(more);
        return caravan.copyRoute("products-daily", pipeline, changes);
    }

    private LedgerRun completes(String pipeline) throws Exception {
        Result result = caravan.run("run", pipeline);
        assertThat(result.exit()).as(result.err()).isZero();
        return caravan.lastRun();
    }

    private void fails(String pipeline, int attempts, String... words) throws Exception {
        Result result = caravan.run("run", pipeline);
        assertThat(result.exit()).as(result.err()).isEqualTo(1);
        assertThat(caravan.lastRun().state()).isEqualTo("failed");
        assertThat(caravan.lastRun().attempts()).isEqualTo(attempts);
        assertThat(caravan.lastRun().error()).contains(words);
        assertThat(result.err()).contains(words).doesNotContain("\tat ");
    }

    private static String values(List<String> names, String text) {
        return String.join(
                ", ",
                names.stream()
                        .map(name -> "'" + text + name.replace("'", "''") + "'")
                        .toList());
    }

    private static String quote(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }
}
