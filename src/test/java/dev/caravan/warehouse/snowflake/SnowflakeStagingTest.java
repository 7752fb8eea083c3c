package dev.caravan.warehouse.snowflake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.data.Column;
import dev.caravan.data.ColumnType;
import dev.caravan.data.ColumnVector;
import dev.caravan.run.FakeRun;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.RunEndedException;
import dev.caravan.run.TransientException;
import dev.caravan.snowflake.fake.ReceivedStatement;
import dev.caravan.snowflake.fake.Reply;
import dev.caravan.warehouse.Batch;
import dev.caravan.warehouse.LoadProcess;
import dev.caravan.warehouse.LoadResult;
import dev.caravan.warehouse.Mode;
import dev.caravan.warehouse.WarehouseComponent;
import dev.caravan.warehouse.WarehouseFixture;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The way of rows into Snowflake, as the account sees it. */
class SnowflakeStagingTest extends WarehouseFixture {

    @TempDir
    Path directory;

    private TestAccount account;

    @Override
    protected WarehouseComponent component() {
        account = new TestAccount("DLT");
        account.snowflake.allow("FROM DLT\\.");
        return account.component(directory);
    }

    @AfterEach
    void stop() {
        account.close();
    }

    private static List<Map<String, Object>> rows(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> row("id", i, "name", "n" + i))
                .toList();
    }

    private List<String> sent(String beginning) {
        return account.snowflake.statements().stream()
                .map(ReceivedStatement::sql)
                .filter(sql -> sql.startsWith(beginning))
                .toList();
    }

    private long count() {
        return (long) one("SELECT COUNT(*) FROM " + TABLE);
    }

    private void assertNothingIsLeft() {
        assertThat(account.snowflake.stages()).isEmpty();
        assertThat(account.snowflake.query("SELECT table_name FROM duckdb_tables() WHERE table_name ILIKE '%staged%'"))
                .isEmpty();
        assertThat(directory.resolve(".staging"))
                .satisfiesAnyOf(staging -> assertThat(staging).doesNotExist(), staging -> assertThat(staging)
                        .isEmptyDirectory());
    }

    @Test
    void aThousandRowsGoByInsert() {
        LoadResult result = load(TABLE, rows(1_000));

        assertThat(result.inserted()).isEqualTo(1_000);
        assertThat(result.bytes()).isPositive();
        assertThat(sent("PUT")).isEmpty();
        assertThat(sent("INSERT INTO \"DLT\".\"SHOP\".\"_CARAVAN_STAGED\"")).hasSize(1);
        assertNothingIsLeft();
    }

    @Test
    void moreRowsGoAsFiles() {
        LoadResult result = load(TABLE, rows(1_001));

        assertThat(result.inserted()).isEqualTo(1_001);
        assertThat(result.bytes()).isBetween(1_000L, 20_000L); // compressed
        assertThat(sent("PUT")).hasSize(1);
        assertThat(sent("COPY INTO")).singleElement().asString().contains("FILES = ('rows-00001.csv.zst')");
        assertThat(count()).isEqualTo(1_001);
        assertNothingIsLeft();
    }

    /** Snowflake's COPY takes no file whose lines have different lengths. */
    @Test
    void aColumnThatComesLateBeginsAFileOfItsOwn() {
        List<Map<String, Object>> rows = new ArrayList<>(rows(3_000));
        rows.subList(2_500, 3_000).forEach(row -> row.put("late", 1L));

        load(TABLE, rows);

        assertThat(sent("COPY INTO"))
                .singleElement()
                .asString()
                .contains("FILES = ('rows-00001.csv.zst', 'rows-00002.csv.zst')");
        assertThat(one("SELECT COUNT(late) FROM " + TABLE)).isEqualTo(500L);
        assertThat(count()).isEqualTo(3_000);
    }

    @Tag("slow")
    @Test
    void fewRowsThatAreLargeGoAsFiles() {
        load(TABLE, List.of(row("id", 1, "text", "x".repeat(2 << 20))));

        assertThat(sent("PUT")).hasSize(1);
        assertThat(one("SELECT LENGTH(text) FROM " + TABLE)).isEqualTo(2L << 20);
    }

    /** What CSV has a meaning for, and what Snowflake's defaults would change. */
    @Test
    void valuesSurviveTheWayThroughFiles() {
        List<Object> texts = Arrays.asList(
                "",
                null,
                "NULL",
                "\\N",
                "\\",
                "back\\slash\\",
                "\"",
                "\"\"",
                "a,b",
                "a\nb",
                "a\r\nb",
                " padded ",
                "'",
                "\t",
                "\uD83E\uDD86",
                "null",
                "0",
                "2026-01-01",
                "\u0001");
        List<Map<String, Object>> rows = new ArrayList<>(rows(2_000));
        for (int i = 0; i < texts.size(); i++) {
            rows.add(row("id", 10_000 + i, "name", texts.get(i)));
        }
        load(TABLE, rows);

        assertThat(query("SELECT name FROM " + TABLE + " WHERE id >= 10000 ORDER BY id"))
                .extracting(row -> row.get(0))
                .isEqualTo(texts);
    }

    @Test
    void typedValuesSurviveTheWayThroughFiles() {
        LocalDateTime time = LocalDateTime.of(1999, 12, 31, 23, 59, 59, 999_999_000);
        OffsetDateTime moment = OffsetDateTime.of(2026, 1, 1, 0, 0, 0, 1_000, ZoneOffset.ofHours(14));
        byte[] bytes = {0, -1, 10};
        List<Map<String, Object>> rows = new ArrayList<>(rows(2_000));
        rows.add(row(
                "id",
                10_000,
                "f",
                Double.NEGATIVE_INFINITY,
                "n",
                new java.math.BigDecimal("-0.10"),
                "d",
                LocalDate.of(1, 1, 1),
                "ts",
                time,
                "tz",
                moment,
                "b",
                true,
                "x",
                bytes,
                "j",
                Map.of("k", List.of(1, "\"q\""))));
        load(TABLE, rows);

        List<Object> row = query("SELECT f, n, d, ts, tz, b, x, j FROM " + TABLE + " WHERE id = 10000")
                .get(0);
        assertThat(row)
                .usingRecursiveComparison()
                .isEqualTo(List.of(
                        Double.NEGATIVE_INFINITY,
                        new java.math.BigDecimal("-0.10"),
                        LocalDate.of(1, 1, 1),
                        time,
                        moment.withOffsetSameInstant(ZoneOffset.UTC),
                        true,
                        bytes,
                        "{\"k\":[1,\"\\\"q\\\"\"]}"));
    }

    @Test
    void aSourceThatBreaksOffLeavesNothing() {
        Iterator<Map<String, Object>> breaking = IntStream.range(0, 30_000)
                .mapToObj(i -> {
                    if (i == 29_999) {
                        throw new IllegalStateException("the source is gone");
                    }
                    return row("id", i, "name", "n" + i);
                })
                .iterator();

        assertThatThrownBy(() -> load(TABLE, breaking)).hasMessage("the source is gone");

        assertThat(sent("BEGIN")).isEmpty();
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(strings = {"^PUT", "^COPY", "^INSERT INTO \"DLT\".\"SHOP\".\"PRODUCTS\"", "^UPDATE", "^COMMIT"})
    void anErrorAnywhereLeavesTheTableAsItWas(String statement) {
        load(TABLE, rows(1));
        account.snowflake.fail(statement, 604, "57014", "SQL execution canceled", 1);

        assertThatThrownBy(() -> load(TABLE + "?loadId=x", rows(2_000)))
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("Loading DLT.SHOP.PRODUCTS failed for now")
                .hasMessageContaining("SQL execution canceled");
        assertThat(sent("ROLLBACK")).hasSize(statement.matches(".(PUT|COPY)") ? 0 : 1);
        assertThat(count()).isEqualTo(1);
        assertNothingIsLeft();

        assertThat(load(TABLE + "?loadId=x", rows(2_000)).alreadyLoaded()).isFalse();
        assertThat(count()).isEqualTo(2_001);
    }

    @Test
    void nothingButRowsIsChangedInsideATransaction() {
        load(TABLE + "?mode=replace", rows(10));
        load(TABLE + "?mode=merge&key=id", List.of(row("id", 1, "name", 5L, "more", true)));

        boolean inside = false;
        for (ReceivedStatement statement : account.snowflake.statements()) {
            if (inside) {
                assertThat(statement.sql()).doesNotContainPattern("^(CREATE|ALTER|DROP|TRUNCATE|USE)");
            }
            inside = statement.sql().equals("BEGIN")
                    || (inside && !statement.sql().equals("COMMIT"));
        }
        assertThat(sent("BEGIN")).hasSize(2);
        assertThat(sent("INSERT OVERWRITE")).hasSize(1);
        assertThat(sent("MERGE INTO \"DLT\".\"SHOP\".\"PRODUCTS\"")).hasSize(1);
    }

    /** To drop what is temporary would commit what could not be undone. */
    @Test
    void aTransactionThatCannotBeUndoneEndsWithItsSession() {
        load(TABLE, rows(1));
        account.snowflake.fail("^UPDATE", 604, "57014", "SQL execution canceled", 1);
        account.snowflake.fail("^ROLLBACK", 604, "57014", "SQL execution canceled", 1);

        assertThatThrownBy(() -> load(TABLE + "?loadId=x", rows(3))).isInstanceOf(TransientException.class);

        assertThat(account.snowflake.sessions()).isZero();
        assertThat(count()).isEqualTo(1);
        assertThat(load(TABLE + "?loadId=x", rows(3)).alreadyLoaded()).isFalse();
        assertThat(count()).isEqualTo(4);
        assertNothingIsLeft();
    }

    /** The answer to COMMIT is lost for good: the next attempt finds that the load is there. */
    @Test
    void aCommitWhoseAcknowledgementIsLostIsNotRepeated() {
        account.settings().setNetworkTimeout(1_500);
        account.snowflake.loseReply("^COMMIT", 1_000);

        assertThatThrownBy(() -> load(TABLE + "?loadId=x", rows(3))).isInstanceOf(TransientException.class);
        account.snowflake.clearFaults();

        assertThat(load(TABLE + "?loadId=x", rows(3)).alreadyLoaded()).isTrue();
        assertThat(count()).isEqualTo(3);
    }

    /** One answer is lost: the driver asks again, and is not taken for another load. */
    @Tag("slow")
    @Test
    void aLostAnswerIsAskedForAgain() {
        account.snowflake.loseReply("^(INSERT INTO \"DLT\".\"SHOP\".\"PRODUCTS\"|COMMIT)", 2);

        assertThat(load(TABLE, rows(3)).inserted()).isEqualTo(3);
        assertThat(count()).isEqualTo(3);
    }

    @Test
    void theQueryHistoryNamesPipelineAndRun() {
        Run run = new FakeRun("7f", "it's-daily");
        send(TABLE, rows(1), Map.of(Run.PROPERTY, run));

        assertThat(account.snowflake.statements())
                .filteredOn(statement -> statement.sql().startsWith("INSERT INTO"))
                .isNotEmpty()
                .allSatisfy(statement -> assertThat(statement.queryTag()).isEqualTo("caravan:it_s-daily/7f"));
        one("SELECT 1 FROM DLT.SHOP.PRODUCTS");
        assertThat(account.snowflake.statements()).last().satisfies(statement -> assertThat(statement.queryTag())
                .isEqualTo("caravan:sql"));
    }

    @Test
    void sessionsAreUsedAgain() {
        for (int i = 0; i < 5; i++) {
            load(TABLE, rows(1));
        }
        assertThat(account.snowflake.sessions()).isEqualTo(1);
        assertThat(account.snowflake.statements())
                .extracting(ReceivedStatement::session)
                .containsOnly(1L);

        account.snowflake.endSessions();
        load(TABLE, rows(1));
        assertThat(count()).isEqualTo(6);
    }

    /** Whoever dies in the middle of a change of type leaves two columns, out of which the next load makes one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "^UPDATE .* SET \"_CARAVAN_NEW_",
                "RENAME COLUMN \"V\"",
                "RENAME COLUMN \"_CARAVAN_NEW_",
                "^UPDATE .* IS NULL AND",
                "DROP COLUMN"
            })
    void aChangeOfTypeGoesOnFromWhereItWasLeft(String statement) throws Exception {
        load(TABLE, List.of(row("id", 1, "v", 1L), row("id", 2, "v", null)));
        account.snowflake.fail(statement, 604, "57014", "SQL execution canceled", 1);
        assertThatThrownBy(() -> load(TABLE + "?loadId=x", List.of(row("id", 3, "v", "text"))))
                .isInstanceOf(TransientException.class);

        load(TABLE + "?loadId=x", List.of(row("id", 3, "v", "text")));

        assertThat(query("SELECT id, v FROM " + TABLE + " ORDER BY id"))
                .containsExactly(Arrays.asList(1L, "1"), Arrays.asList(2L, null), Arrays.asList(3L, "text"));
        assertThat(query("SELECT * FROM " + TABLE).get(0)).hasSize(3);
    }

    /** What another writer puts into the column while it changes is not lost. */
    @Test
    void aChangeOfTypeTakesAlongWhatOthersWriteMeanwhile() {
        load(TABLE, List.of(row("id", 1, "v", 1L)));
        account.snowflake.handle((session, sql) -> {
            if (sql.contains("RENAME COLUMN \"V\"")) {
                account.snowflake.execute("INSERT INTO DLT.SHOP.PRODUCTS (id, v) VALUES (2, 2)");
            }
            return java.util.Optional.empty();
        });
        load(TABLE, List.of(row("id", 3, "v", "text")));

        assertThat(query("SELECT id, v FROM " + TABLE + " ORDER BY id"))
                .containsExactly(List.of(1L, "1"), List.of(2L, "2"), List.of(3L, "text"));
    }

    /** A load that began before a column changed would write what the change does not see. */
    @Test
    void aLoadThatBeganBeforeAChangeOfTypeHasToStartAgain() {
        load(TABLE, List.of(row("id", 1, "v", 1L)));
        Iterator<Map<String, Object>> overtaken = new Iterator<>() {
            private boolean first = true;

            @Override
            public boolean hasNext() {
                return first;
            }

            @Override
            public Map<String, Object> next() {
                first = false;
                account.snowflake.fail("RENAME COLUMN \"V\"", 604, "57014", "SQL execution canceled", 1);
                assertThatThrownBy(() -> load(TABLE, List.of(row("id", 2, "v", "text"))))
                        .isInstanceOf(TransientException.class);
                return row("id", 3, "v", 3L);
            }
        };

        assertThatThrownBy(() -> load(TABLE, overtaken))
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("Another load");
    }

    @Test
    void moreDigitsNeedNoNewColumn() {
        load(TABLE, List.of(row("v", new java.math.BigDecimal("1.5"))));
        load(TABLE, List.of(row("v", new java.math.BigDecimal("123.5"))));

        assertThat(sent("ALTER TABLE"))
                .containsExactly(
                        "ALTER TABLE \"DLT\".\"SHOP\".\"PRODUCTS\" ALTER COLUMN \"V\" SET DATA TYPE NUMBER(4,1)");
    }

    /** Other tools make columns whose names only quotes can reach. */
    @Test
    void columnsInSmallLettersAreFound() {
        account.snowflake.execute("CREATE SCHEMA DLT.SHOP");
        account.snowflake.execute("CREATE TABLE DLT.SHOP.PRODUCTS (\"id\" NUMBER, note VARCHAR(5), at TIMESTAMP_LTZ)");
        load(TABLE, List.of(row("id", 1, "note", "short", "at", OffsetDateTime.parse("2026-01-01T00:00:00Z"))));

        assertThat(query("SELECT \"id\", note FROM " + TABLE)).containsExactly(List.of(1L, "short"));

        account.snowflake.execute("ALTER TABLE DLT.SHOP.PRODUCTS ADD COLUMN ID NUMBER");
        assertThatThrownBy(() -> load(TABLE, List.of(row("id", 1))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("are the same name in the warehouse");
    }

    /** A statement that runs on is answered with where to ask again, as Snowflake does after 45 seconds. */
    @Test
    void aStatementThatTakesLongIsAskedForUntilItIsDone() {
        account.snowflake.pollResults("^(COPY|INSERT INTO \"DLT\".\"SHOP\".\"PRODUCTS\"|COMMIT)", 2);

        assertThat(load(TABLE, rows(2_000)).inserted()).isEqualTo(2_000);
        assertThat(count()).isEqualTo(2_000);

        account.snowflake.fail("^INSERT INTO \"DLT\".\"SHOP\".\"PRODUCTS\"", 904, "42000", "invalid identifier", 1);
        assertThatThrownBy(() -> load(TABLE, rows(2_000)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("invalid identifier");
        assertThat(count()).isEqualTo(2_000);
    }

    /** What a script leaves behind in its session is nobody else's. */
    @Test
    void aScriptThatBreaksOffInItsTransactionLeavesNothing() {
        load(TABLE, rows(1));
        account.snowflake.allow("^BEGIN; ");
        String script = "BEGIN; INSERT INTO PRODUCTS (ID, NAME) VALUES (100, 'a');"
                + " INSERT INTO PRODUCTS (ID, NAME) VALUES (%s, 'b'); COMMIT";
        assertThat(send("DLT.SHOP?operation=script", script.formatted("'x'"), Map.of())
                        .getException())
                .isInstanceOf(PermanentException.class);
        assertThat(account.snowflake.sessions()).isZero();

        load(TABLE, rows(1));
        assertThat(count()).isEqualTo(2);
        assertThat(send("DLT.SHOP?operation=script", script.formatted("101"), Map.of())
                        .getException())
                .isNull();
        assertThat(count()).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"with space \u00fc", "100%25", "back\\slash", "a#b&c=d;e"})
    void filesWaitInDirectoriesOfAnyName(String name) {
        LoadResult result = LoadProcess.load(account.warehouse(directory.resolve(name)), "x", Mode.APPEND, 2_000, 0);

        assertThat(result.inserted()).isEqualTo(2_000);
        assertThat(sent("PUT")).hasSize(1);
        assertThat(directory.resolve(name).resolve(".staging")).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a*b", "a?b", "a[1]", "it's"})
    void aDirectoryThatTheDriverWouldTakeForOthersIsRefused(String name) {
        assertThatThrownBy(
                        () -> LoadProcess.load(account.warehouse(directory.resolve(name)), "x", Mode.APPEND, 2_000, 0))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining(name)
                .hasMessageContaining("camel.component.warehouse.directory");
    }

    @Test
    void aFileThatIsNotLoadedAsAWholeIsNoticed() {
        account.snowflake.handle((session, sql) -> sql.startsWith("COPY")
                ? Optional.of(Reply.table(
                        Reply.COPY,
                        List.of("file", "status"),
                        List.of(List.of("_caravan_staged/rows-00001.csv.zst", "PARTIALLY_LOADED"))))
                : Optional.empty());

        assertThatThrownBy(() -> load(TABLE, rows(2_000)))
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("rows-00001.csv.zst")
                .hasMessageContaining("PARTIALLY_LOADED")
                .hasMessageContaining("nothing was changed");
        assertNothingIsLeft();
    }

    @Test
    void rowsThatAreMissingAfterStagingAreNoticed() {
        account.snowflake.handle((session, sql) -> {
            if (sql.startsWith("SELECT count(*) FROM \"DLT\".\"SHOP\".\"_CARAVAN_STAGED\"")) {
                session.execute("DELETE FROM DLT.SHOP._CARAVAN_STAGED WHERE _CARAVAN_ROW = 1", List.of());
            }
            return Optional.empty();
        });

        assertThatThrownBy(() -> load(TABLE, rows(3)))
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("Of 3 rows for DLT.SHOP.PRODUCTS only 2 were staged; nothing was changed");
        assertNothingIsLeft();
    }

    @Test
    void aCursorBeyond64BitsIsNamed() {
        load(TABLE + "?cursor=n", List.of(row("n", 1L)));

        assertThatThrownBy(() -> load(TABLE + "?cursor=n", List.of(row("n", new BigInteger("18446744073709551616")))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("18446744073709551616")
                .hasMessageContaining("name another column");
    }

    /** Whoever is cancelled waits for the upload, since nobody else may use its session before. */
    @Tag("slow")
    @Test
    void aLoadThatIsCancelledWhileAFileIsSentLeavesNothing() throws Exception {
        load(TABLE, rows(1));
        CountDownLatch sending = new CountDownLatch(1);
        account.snowflake.fail(
                sql -> {
                    if (sql.startsWith("PUT")) {
                        sending.countDown();
                    }
                    return false;
                },
                0,
                "",
                "",
                1);
        account.snowflake.slow("^PUT", Duration.ofSeconds(2));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicBoolean interrupted = new AtomicBoolean();
        Thread loading = new Thread(() -> {
            try {
                load(TABLE + "?loadId=x", rows(2_000));
            } catch (RuntimeException e) {
                failure.set(e);
                interrupted.set(Thread.currentThread().isInterrupted());
            }
        });
        loading.start();
        sending.await();
        loading.interrupt();
        loading.join();

        assertThat(failure.get()).isInstanceOf(RunEndedException.class);
        assertThat(interrupted).isTrue();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("snowflake-files", "warehouse-staging");
        assertNothingIsLeft();
        account.snowflake.clearFaults();
        assertThat(load(TABLE + "?loadId=x", rows(2_000)).alreadyLoaded()).isFalse();
        assertThat(count()).isEqualTo(2_001);
    }

    /** Even a thread that is interrupted meanwhile waits, and stays so. */
    @Test
    void anUploadIsWaitedForWhateverHappens() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        Thread waiting = Thread.currentThread();
        StagedFiles files = new StagedFiles(directory, file -> {
            waiting.interrupt();
            long end = System.nanoTime() + 300_000_000;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            done.set(true);
        });
        ColumnType integer = ColumnType.of(ColumnType.Kind.INTEGER);
        files.write(new Batch(
                List.of(new Column("n", integer)),
                List.of(new ColumnVector.Longs(integer, new long[] {1}, null)),
                1,
                0));
        assertThatThrownBy(files::finish).isInstanceOf(RunEndedException.class);

        assertThat(files.stop()).isTrue();
        assertThat(done).isTrue();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(directory.resolve(".staging")).isEmptyDirectory();
    }

    @Test
    void aDatabaseThatIsMissingIsNamed() {
        assertThatThrownBy(() -> load("NOWHERE.SHOP.PRODUCTS", rows(1)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("NOWHERE")
                .hasMessageContaining("does not exist")
                .hasMessageContaining("caravan infra plan");
    }

    @Test
    void aDateBeyondSnowflakesIsNamed() {
        assertThatThrownBy(() -> load(TABLE, List.of(row("d", LocalDate.of(10_000, 1, 1)))))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("+10000-01-01");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "WITH f AS PROCEDURE () RETURNS INT AS 'x' CALL f()",
                "/* SELECT */ DELETE FROM DLT.SHOP.PRODUCTS",
                "-- SELECT\nCALL f()",
                "EXECUTE IMMEDIATE 'SELECT 1'",
                "GRANT ROLE A TO USER B",
                "PUT file:///etc/hostname @~",
                "REMOVE @~/x",
                "SELECTED",
                ""
            })
    void queriesThatDoMoreThanReadAreRefused(String sql) {
        int before = account.snowflake.statements().size();
        assertThatThrownBy(() -> query(sql))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("Only queries are allowed here");
        assertThat(account.snowflake.statements()).hasSize(before);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select 1 FROM DLT.INFORMATION_SCHEMA.SCHEMATA",
                " -- a comment\n(SELECT 1 FROM DLT.INFORMATION_SCHEMA.SCHEMATA)",
                "/* a */ WITH x AS (SELECT 1 AS i FROM DLT.INFORMATION_SCHEMA.SCHEMATA) SELECT i FROM x"
            })
    void queriesThatReadAreNot(String sql) {
        assertThat(query(sql)).isNotEmpty();
    }
}
