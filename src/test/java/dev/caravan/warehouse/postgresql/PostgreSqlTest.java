package dev.caravan.warehouse.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.Database;
import dev.caravan.warehouse.EndingRun;
import dev.caravan.warehouse.LoadResult;
import dev.caravan.warehouse.LoadSession;
import dev.caravan.warehouse.QueryResult;
import dev.caravan.warehouse.TableName;
import dev.caravan.warehouse.WarehouseComponent;
import dev.caravan.warehouse.WarehouseFixture;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What only PostgreSQL has. */
class PostgreSqlTest extends WarehouseFixture {

    private static final String MERGE = TABLE + "?mode=merge&key=id";
    private static final String REPLACE = TABLE + "?mode=replace";

    private TestDatabase database;

    @Override
    protected WarehouseComponent component() {
        database = new TestDatabase();
        return database.component();
    }

    @Override
    protected String name(String name) {
        return PostgreSqlDialect.INSTANCE.spell(name);
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void anotherDatabaseThanTheConnectionsIsRejected() {
        assertThatThrownBy(() -> load("SALES.SHOP.PRODUCTS", List.of(row("id", 1))))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("connects to the database dlt, but the route names SALES")
                .hasMessageContaining("warehouse:dlt.SHOP.PRODUCTS");
    }

    @Test
    void aDataSourceIsRequired() {
        WarehouseComponent component = new WarehouseComponent();
        component.setCamelContext(camel);
        component.setEngine("postgresql");
        assertThatThrownBy(component::warehouse)
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("camel.component.warehouse.dataSource=#NAME");
    }

    @Test
    void simpleNamesAreInLowerCaseAndOthersAsTheyAre() {
        load(TABLE, List.of(row("Id", 1, "Unit Price", 2)));

        assertThat(query("SELECT id, \"Unit Price\" FROM dlt.shop.products")).containsExactly(List.of(1L, 2L));
    }

    /** PostgreSQL would cut it off, and take two that begin alike for one. */
    @Test
    void aNameThatIsTooLongIsRejected() {
        String longest = "\u00e9".repeat(31);
        load(TABLE, List.of(row("id", 1, longest, 1)));
        assertThatThrownBy(() -> load(TABLE, List.of(row("id", 1, longest + "xx", 1))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("64 bytes, but PostgreSQL allows 63");
        assertThatThrownBy(() -> load("DLT.SHOP." + "t".repeat(64), List.of(row("id", 1))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("64 bytes");
    }

    @Test
    void aValueThatCannotBeStoredIsNamed() {
        Map<String, Object> good = row("id", 1, "v", "a", "j", Map.of("k", "a"));
        assertThatThrownBy(() -> load(TABLE, List.of(good, row("id", 2, "v", "a\0b"))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("column v in row 2 for DLT.SHOP.PRODUCTS: text with the character U+0000");
        assertThatThrownBy(() -> load(TABLE, List.of(good, row("id", 2, "j", Map.of("k", "a\0b")))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("column j in row 2")
                .hasMessageContaining("Unicode");
        assertThatThrownBy(() -> load(
                        TABLE,
                        Stream.concat(
                                IntStream.range(0, 5_000).mapToObj(i -> row("id", i)),
                                Stream.of(row("id", 1, "far", LocalDateTime.of(294277, 1, 1, 0, 0))))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("column far in row 5001")
                .hasMessageContaining("294277");
        assertThat(load(TABLE, List.of(good)).inserted()).isEqualTo(1);
    }

    @Test
    void timesBeforeChristAndAfterTheYear9999ComeBackAsTheyWent() {
        LocalDateTime early = LocalDateTime.of(-43, 3, 15, 10, 0);
        LocalDateTime late = LocalDateTime.of(12345, 3, 15, 10, 0);
        load(TABLE, List.of(row("id", 1, "a", early, "b", early.toLocalDate(), "c", early.atOffset(ZoneOffset.UTC))));
        load(TABLE, List.of(row("id", 2, "a", late, "b", late.toLocalDate(), "c", late.atOffset(ZoneOffset.UTC))));

        assertThat(query("SELECT a, b, c FROM " + TABLE + " ORDER BY id"))
                .containsExactly(
                        List.of(early, early.toLocalDate(), early.atOffset(ZoneOffset.UTC)),
                        List.of(late, late.toLocalDate(), late.atOffset(ZoneOffset.UTC)));
    }

    @ParameterizedTest
    @ValueSource(
            doubles = {
                1,
                -2,
                0.1,
                1e10,
                123456.75,
                0.0001,
                1e-5,
                1.5e-7,
                1e15,
                1.234567890123457e15,
                1e16,
                1e22,
                -1.25e200,
                Double.NaN,
                Double.NEGATIVE_INFINITY
            })
    void aDoubleIsWrittenInOneWay(double key) {
        load(MERGE, List.of(row("id", 0.5), row("id", key)));
        load(MERGE, List.of(row("id", "text"), row("id", key)));

        assertThat(one("SELECT count(*) FROM " + TABLE)).isEqualTo(3L);
    }

    /** The greatest by the bytes, as the cursor is compared; a language may have another order. */
    @Test
    void theGreatestTextIsTheOneWithTheGreatestBytes() {
        database.execute("CREATE COLLATION public.german (provider = icu, locale = 'de')");
        load(TABLE + "?cursor=t", List.of(row("t", "a"), row("t", "Z"), row("t", "\u00e4"), row("t", "b")));
        database.execute("ALTER TABLE shop.products ALTER COLUMN t SET DATA TYPE text COLLATE public.german");
        load(TABLE + "?mode=merge&key=t&cursor=t", List.of(row("t", "a"), row("t", "Z")));

        assertThat(readCursor(TABLE + "?operation=readCursor")).isEqualTo("\u00e4");
    }

    @Test
    void columnsOfOtherTypesAreFilled() {
        UUID uuid = UUID.randomUUID();
        database.execute("CREATE SCHEMA shop; CREATE TYPE shop.mood AS ENUM ('good', 'bad');"
                + " CREATE TABLE shop.products (id int, u uuid, m shop.mood, s varchar(3), t timestamp(3), a text[],"
                + " n numeric, f real)");
        load(
                MERGE,
                List.of(row(
                        "id",
                        1,
                        "u",
                        uuid,
                        "m",
                        "bad",
                        "s",
                        "abc",
                        "t",
                        "2026-01-01 10:00:00",
                        "a",
                        "{x,y}",
                        "n",
                        new BigDecimal("1.5"),
                        "f",
                        0.5)));

        assertThat(query("SELECT * FROM " + TABLE).get(0).subList(0, 8))
                .containsExactly(
                        1,
                        uuid.toString(),
                        "bad",
                        "abc",
                        LocalDateTime.of(2026, 1, 1, 10, 0),
                        "{x,y}",
                        new BigDecimal("1.5"),
                        0.5f);
        assertThatThrownBy(() -> load(MERGE, List.of(row("id", 1, "s", "abcd"))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("too long");
        assertThatThrownBy(() -> load(MERGE, List.of(row("id", 3_000_000_000L))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("out of range");
    }

    @Test
    void everyTypeCanBeQueried() {
        assertThat(query("SELECT 'infinity'::date, '-infinity'::timestamptz, 'NaN'::numeric, 'NaN'::float8,"
                                + " '24:00'::time, '10:00+02'::timetz, '1 day'::interval, ARRAY[1, 2], '{\"a\": 1}'::json,"
                                + " B'101', 'x'::\"char\", '<a/>'::xml, point(1, 2), int4range(1, 3), NULL::text,"
                                + " 1::money IS NOT NULL, '\\x0aff'::bytea, 7::smallint")
                        .get(0)
                        .stream()
                        .map(value -> value instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(value)))
                .containsExactly(
                        "infinity",
                        "-infinity",
                        "NaN",
                        "NaN",
                        "24:00:00",
                        "10:00:00+02",
                        "1 day",
                        "{1,2}",
                        "{\"a\": 1}",
                        "101",
                        "x",
                        "<a/>",
                        "(1,2)",
                        "[1,3)",
                        "null",
                        "true",
                        "[10, -1]",
                        "7");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1; COMMIT; DROP TABLE shop.products",
                "COMMIT; DELETE FROM shop.products",
                "SELECT set_config('transaction_read_only', 'off', false)",
                "DO $$ BEGIN EXECUTE 'SET TRANSACTION READ WRITE'; DELETE FROM shop.products; END $$",
                "WITH gone AS (DELETE FROM shop.products RETURNING id) SELECT * FROM gone",
                "TRUNCATE shop.products"
            })
    void aQueryCannotChangeAnything(String sql) {
        load(TABLE, List.of(row("id", 1)));

        assertThatThrownBy(() -> query(sql)).isInstanceOf(PermanentException.class);
        assertThat(one("SELECT count(*) FROM " + TABLE)).isEqualTo(1L);
        assertThat(load(TABLE, List.of(row("id", 2))).inserted()).isEqualTo(1);
    }

    @Test
    void aLargeResultIsStreamed() {
        try (QueryResult rows = warehouse().query("SELECT repeat('x', 1000) FROM generate_series(1, 10000000)")) {
            assertThat(rows.next()).hasSize(1);
        }
        assertThat(one("SELECT 1")).isEqualTo(1);
    }

    @Test
    void theNamesOfAJsonObjectMayHaveAQuestionMark() {
        load(TABLE, List.of(row("id", 1, "j", Map.of("a", 1))));

        assertThat(one("SELECT j ? 'a' FROM " + TABLE)).isEqualTo(true);
    }

    @Test
    void aViewIsNotLoadedInto() {
        load(TABLE, List.of(row("id", 1)));
        database.execute("CREATE VIEW shop.v AS SELECT * FROM shop.products");

        assertThatThrownBy(() -> load("DLT.SHOP.V", List.of(row("id", 2))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("dlt.shop.v is not a table");
    }

    @Test
    void viewsKeepTheirOwnerGrantsAndOptionsWhenAColumnChanges() {
        load(REPLACE, List.of(row("id", 1, "v", 1)));
        database.execute("DROP ROLE IF EXISTS analyst; CREATE ROLE analyst; GRANT USAGE ON SCHEMA shop TO analyst;"
                + " CREATE VIEW shop.a WITH (security_barrier) AS SELECT id, v FROM shop.products;"
                + " CREATE VIEW shop.b AS SELECT v AS \"V\" FROM shop.a; COMMENT ON VIEW shop.b IS 'it''s';"
                + " GRANT SELECT ON shop.a TO analyst WITH GRANT OPTION; GRANT SELECT ON shop.b TO PUBLIC");
        load(TABLE, List.of(row("id", 2, "v", "text")));

        assertThat(query("SELECT \"V\" FROM DLT.SHOP.B ORDER BY 1")).containsExactly(List.of("1"), List.of("text"));
        assertThat(query("SELECT relname, reloptions::text, obj_description(oid), relacl::text FROM pg_class"
                        + " WHERE relname IN ('a', 'b') ORDER BY 1"))
                .containsExactly(
                        Arrays.asList(
                                "a",
                                "{security_barrier=true}",
                                null,
                                "{postgres=arwdDxtm/postgres,analyst=r*/postgres}"),
                        Arrays.asList("b", null, "it's", "{postgres=arwdDxtm/postgres,=r/postgres}"));
        database.execute("DROP OWNED BY analyst; DROP ROLE analyst");
    }

    @Test
    void aMaterializedViewKeepsItsColumn() {
        load(REPLACE, List.of(row("id", 1, "v", 1)));
        database.execute("CREATE MATERIALIZED VIEW shop.m AS SELECT v FROM shop.products");

        assertThatThrownBy(() -> load(TABLE, List.of(row("id", 2, "v", "text"))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("drop what depends on the column")
                .hasMessageContaining("materialized view shop.m");
        assertThat(query("SELECT id, v FROM " + TABLE)).containsExactly(List.of(1L, 1L));
    }

    @Test
    void aRoleWithoutRightsIsToldWhatItLacks() throws Exception {
        database.execute("DROP ROLE IF EXISTS loader; CREATE ROLE loader LOGIN PASSWORD 'geheim'");
        database.pool().setUsername("loader");
        database.pool().setPassword("geheim");

        assertThatThrownBy(() -> load(TABLE, List.of(row("id", 1))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("grant the role what it lacks")
                .hasMessageContaining("permission denied for database dlt")
                .hasMessageNotContaining("geheim");

        database.execute("CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO loader");
        assertThatThrownBy(() -> load(TABLE, List.of(row("id", 1))))
                .hasMessageContaining("permission denied for schema shop");

        database.execute("GRANT CREATE ON SCHEMA shop TO loader");
        for (int id = 0; id < 2; id++) {
            assertThat(load(MERGE, List.of(row("id", id))).inserted()).isEqualTo(1);
        }
        database.execute("DROP OWNED BY loader; DROP ROLE loader");
    }

    /** What waits for the lock of a table would keep its readers waiting, too. */
    @Tag("slow")
    @Test
    void aChangeOfATableInUseEndsAfterTheLockTimeout() throws Exception {
        ((WarehouseComponent) camel.getComponent("warehouse")).setLockTimeout(300);
        load(TABLE, List.of(row("id", 1)));
        try (Connection reader = database.connect();
                Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            statement.execute("SELECT * FROM shop.products");

            assertThatThrownBy(() -> load(TABLE, List.of(row("id", 2, "more", true))))
                    .isInstanceOf(TransientException.class)
                    .hasMessageContaining("lockTimeout");
        }
        assertThat(load(TABLE, List.of(row("id", 2, "more", true))).inserted()).isEqualTo(1);
    }

    private static Iterator<Map<String, Object>> rows(int count, Runnable atTheEnd) {
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    if (i == count - 1) {
                        atTheEnd.run();
                    }
                    return row("id", i, "v", "text " + i);
                })
                .iterator();
    }

    @Test
    void aLoadWhoseConnectionIsEndedHasChangedNothing() {
        load(TABLE + "?loadId=a", List.of(row("id", 0)));
        assertThatThrownBy(() -> load(REPLACE + "&loadId=b", rows(10_000, this::endAllConnections)))
                .isInstanceOf(TransientException.class);
        assertThat(one("SELECT count(*) FROM " + TABLE)).isEqualTo(1L);

        LoadResult again = load(REPLACE + "&loadId=b", rows(10_000, () -> {}));
        assertThat(again.alreadyLoaded()).isFalse();
        assertThat(one("SELECT count(*) FROM " + TABLE)).isEqualTo(10_000L);
    }

    private void endAllConnections() {
        database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE datname = 'dlt' AND pid <> pg_backend_pid()");
    }

    /** A run that does something right before the commit. */
    private static EndingRun beforeTheCommit(Runnable action) {
        return new EndingRun() {
            @Override
            public void renewLease() {
                action.run();
            }
        };
    }

    @Test
    void aCommitThatNeverArrivesIsRetried() {
        Map<String, Object> run = Map.of(Run.PROPERTY, beforeTheCommit(this::endAllConnections));
        for (int attempt = 1; attempt <= 2; attempt++) {
            assertThat(send(TABLE, List.of(row("id", 1)), run).getException()).isInstanceOf(TransientException.class);
        }
        run = Map.of(Run.PROPERTY, new EndingRun());
        assertThat(send(TABLE, List.of(row("id", 1)), run).getException()).isNull();

        assertThat(query("SELECT id FROM " + TABLE)).containsExactly(List.of(1L));
    }

    /** As if the first attempt had been taken for dead. */
    @Test
    void aRetryDuringTheCommitOfTheFirstAttemptLoadsNothing() {
        load(TABLE, List.of(row("id", 0)));
        CompletableFuture<Exchange> retry = new CompletableFuture<>();
        Run first = beforeTheCommit(() -> {
            retry.completeAsync(() -> send(TABLE, List.of(row("id", 1)), Map.of(Run.PROPERTY, new EndingRun())));
            await().until(() -> one("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                    .equals(1L));
        });
        assertThat(send(TABLE, List.of(row("id", 1)), Map.of(Run.PROPERTY, first))
                        .getException())
                .isNull();

        assertThat(retry.join().getException())
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("Another load");
        Exchange again = send(TABLE, List.of(row("id", 1)), Map.of(Run.PROPERTY, new EndingRun()));
        assertThat(again.getMessage().getBody(LoadResult.class).alreadyLoaded()).isTrue();
        assertThat(query("SELECT id FROM " + TABLE)).containsExactly(List.of(0L), List.of(1L));
    }

    @Test
    void aStatementEndsWithItsRun() throws Exception {
        EndingRun run = new EndingRun();
        PostgreSqlEngine engine = new PostgreSqlEngine(database.pool(), Duration.ofSeconds(5));
        try (LoadSession session = engine.connect(TableName.parse(TABLE), run);
                Database target = session.open(true)) {
            CompletableFuture<Long> sleeping = CompletableFuture.supplyAsync(() -> {
                try {
                    return target.update("SELECT pg_sleep(60)");
                } catch (SQLException e) {
                    throw engine.explain("Sleeping", e);
                }
            });
            await().until(() -> one("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                    .equals(1L));
            run.end();
            assertThatThrownBy(sleeping::join)
                    .hasCauseInstanceOf(TransientException.class)
                    .hasMessageContaining("canceling statement");
        }
        assertThat(run.held()).isZero();
    }

    /** Loads that begin from the same state: one commits, the others find it changed, and none of them deadlocks for good. */
    @ParameterizedTest
    @ValueSource(strings = {"append", "merge&key=id", "replace"})
    void ofLoadsAtTheSameTimeNoneIsLostOrDoubled(String mode) throws Exception {
        int loads = 4;
        int committed = 0;
        for (int round = 0; round < 3; round++) {
            int first = round * 100;
            List<CompletableFuture<LoadResult>> all = IntStream.range(0, loads)
                    .mapToObj(i -> CompletableFuture.supplyAsync(() -> load(
                            TABLE + "?mode=" + mode + "&cursor=id&loadId=" + (first + i),
                            List.of(row("id", first + i, "c" + i, i)))))
                    .toList();
            for (CompletableFuture<LoadResult> load : all) {
                try {
                    load.get();
                    committed++;
                } catch (ExecutionException e) {
                    assertThat(e.getCause()).isInstanceOf(TransientException.class);
                }
            }
        }

        assertThat(committed).isPositive();
        assertThat(one("SELECT count(*) FROM DLT.SHOP._caravan_loads")).isEqualTo((long) committed);
        assertThat(one("SELECT version FROM DLT.SHOP._caravan_state")).isEqualTo((long) committed);
        assertThat(one("SELECT count(*) FROM " + TABLE)).isEqualTo(mode.equals("replace") ? 1L : committed);
    }

    @Test
    void aConnectionIsReturnedAsItWas() throws Exception {
        database.pool().setMaximumPoolSize(1);
        database.pool().setAutoCommit(false);
        database.pool().setReadOnly(true);
        load(TABLE, List.of(row("id", 1)));
        send("DLT.SHOP?operation=script", "CREATE VIEW w AS SELECT 1 AS n", Map.of());
        assertThatThrownBy(() -> load(TABLE, List.of(row("id", 1, "v", "a\0"))));

        try (Connection connection = database.pool().getConnection();
                Statement statement = connection.createStatement()) {
            assertThat(connection.getAutoCommit()).isFalse();
            assertThat(connection.isReadOnly()).isTrue();
            var left = statement.executeQuery("SELECT count(*) FILTER (WHERE relname = '_caravan_staged'),"
                    + " current_setting('search_path'), current_setting('lock_timeout') FROM pg_class");
            left.next();
            assertThat(left.getLong(1)).isZero();
            assertThat(left.getString(2)).isEqualTo("\"$user\", public");
            assertThat(left.getString(3)).isEqualTo("0");
        }
    }
}
