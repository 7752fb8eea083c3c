package dev.caravan.warehouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caravan.data.Column;
import dev.caravan.data.Rows;
import dev.caravan.run.FakeRun;
import dev.caravan.run.Load;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.RunEndedException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.temporal.Temporal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.builder.AggregationStrategies;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every engine promises about modes, keys, cursors and loads that are tried again. */
public abstract class LoadGuarantees extends WarehouseFixture {

    private static final LocalDateTime NOON = LocalDateTime.of(2026, 1, 1, 12, 0);
    private static final String REPLACE = TABLE + "?mode=replace";
    private static final String APPEND = TABLE + "?mode=append";
    private static final String MERGE = TABLE + "?mode=merge&key=id&cursor=ts";
    private static final String CURSOR = TABLE + "?operation=readCursor";

    private static Map<String, Object> product(int id, String name, int hours) {
        return row("id", id, "name", name, "ts", NOON.plusHours(hours));
    }

    /** Makes the page of a loop. */
    private static void page(Exchange exchange) {
        int page = exchange.getProperty(Exchange.LOOP_INDEX, Integer.class);
        exchange.getMessage().setBody(List.of(product(page, "page", 0)));
    }

    /** Two tables as far apart as the engine lets them be. */
    protected List<String> distantTables() {
        return List.of("A.S.T", "B.S.T");
    }

    private List<List<Object>> products() {
        return query("SELECT id, name FROM " + TABLE + " ORDER BY id, name");
    }

    private long count() {
        return (long) one("SELECT count(*) FROM " + TABLE);
    }

    /** Rows that fail after the given number. */
    private static Iterator<Map<String, Object>> failingAfter(int good) {
        return IntStream.range(0, good + 1)
                .mapToObj(i -> {
                    if (i == good) {
                        throw new IllegalStateException("the source is gone");
                    }
                    return row("id", i, "name", "n" + i);
                })
                .iterator();
    }

    @Nested
    class Replace {

        @Test
        void leavesExactlyTheRowsOfTheSource() {
            load(REPLACE, List.of(product(1, "a", 0), product(2, "b", 0)));
            LoadResult second = load(REPLACE, List.of(product(3, "c", 0)));

            assertThat(products()).containsExactly(List.of(3L, "c"));
            assertThat(second.inserted()).isEqualTo(1);
            assertThat(second.deleted()).isEqualTo(2);
        }

        @Test
        void refusesAnEmptySourceUnlessAllowed() {
            load(REPLACE, List.of(product(1, "a", 0)));

            assertThatThrownBy(() -> load(REPLACE, List.of()))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining(TABLE)
                    .hasMessageContaining("allowEmpty=true");
            assertThat(count()).isEqualTo(1);

            load(REPLACE + "&allowEmpty=true", List.of());
            assertThat(count()).isZero();
        }

        @Test
        void withoutRowsStartsTheCursorAfresh() {
            load(REPLACE + "&cursor=ts", List.of(product(1, "a", 5)));
            load(REPLACE + "&cursor=ts&allowEmpty=true", List.of());
            assertThat(readCursor(CURSOR + "&initialValue=0")).isEqualTo(0L);

            load(REPLACE + "&cursor=ts", List.of(product(1, "a", 5)));
            load(REPLACE + "&cursor=ts", List.of(row("id", 1, "ts", null)));
            assertThat(readCursor(CURSOR + "&initialValue=0")).isEqualTo(0L);
        }

        @Test
        void leavesTheTableAsItWasIfTheSourceFailsHalfWay() {
            load(REPLACE, List.of(product(1, "a", 0)));

            assertThatThrownBy(() -> load(REPLACE, failingAfter(20_000))).hasMessage("the source is gone");

            assertThat(products()).containsExactly(List.of(1L, "a"));
        }

        @Test
        void setsTheCursorToTheGreatestValueLoaded() {
            load(MERGE, List.of(product(1, "a", 5)));
            load(REPLACE + "&cursor=ts", List.of(product(1, "a", 2), product(2, "b", 1)));

            assertThat(readCursor(CURSOR)).isEqualTo(NOON.plusHours(2));
        }

        /** Pages of an API, say: the last one would be all that is left. */
        @Test
        void isRefusedOfATableThatTheRunHasLoadedAlready() throws Exception {
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:pages").loop(3).process(LoadGuarantees::page).to("warehouse:" + REPLACE);
                    from("direct:parallel").split(body()).parallelProcessing().to("warehouse:" + REPLACE);
                    from("direct:named")
                            .loop(3)
                            .process(LoadGuarantees::page)
                            .setHeader(WarehouseConstants.LOAD_ID, simple("page ${exchangeProperty.CamelLoopIndex}"))
                            .to("warehouse:" + REPLACE);
                    from("direct:appended")
                            .loop(2)
                            .process(LoadGuarantees::page)
                            .choice()
                            .when(simple("${exchangeProperty.CamelLoopIndex} == 0"))
                            .to("warehouse:" + APPEND)
                            .otherwise()
                            .to("warehouse:dlt.shop.products?mode=replace");
                }
            });
            List<Map<String, Object>> two = List.of(product(1, "a", 0), product(2, "b", 0));
            for (String route : List.of("pages", "parallel", "named", "appended")) {
                assertThat(through("direct:" + route, new SomeRun(route), two).getException())
                        .as(route)
                        .hasStackTraceContaining("replace a table once per run")
                        .hasStackTraceContaining("mode=append");
                assertThat(count()).as(route).isPositive();
                // nor does another attempt get any further
                assertThat(through("direct:" + route, new SomeRun(route), two).getException())
                        .as(route)
                        .hasStackTraceContaining("replace a table once per run");
            }
        }

        @Test
        void ofTheFirstPageAndAppendOfTheOthersLoadsThemAll() throws Exception {
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:pages")
                            .loop(3)
                            .process(LoadGuarantees::page)
                            .choice()
                            .when(simple("${exchangeProperty.CamelLoopIndex} == 0"))
                            .to("warehouse:" + REPLACE)
                            .otherwise()
                            .to("warehouse:" + APPEND);
                }
            });
            for (String run : List.of("r1", "r1", "r2")) {
                assertThat(through("direct:pages", new SomeRun(run), null).getException())
                        .isNull();
                assertThat(products()).containsExactly(List.of(0L, "page"), List.of(1L, "page"), List.of(2L, "page"));
            }
        }

        @Test
        void ofEachTableOnceIsNotRefused() throws Exception {
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:tables")
                            .split(body())
                            .process(part -> part.getMessage().setBody(List.of(row("id", 1))))
                            .toD("warehouse:DLT.SHOP.T${exchangeProperty.CamelSplitIndex}?mode=replace");
                    from("direct:again")
                            .setHeader(WarehouseConstants.LOAD_ID, constant("one"))
                            .to("warehouse:" + REPLACE)
                            .setHeader(WarehouseConstants.LOAD_ID, constant("one"))
                            .setBody(constant("[]"))
                            .to("warehouse:" + REPLACE);
                }
            });
            assertThat(through("direct:tables", new SomeRun("r1"), List.of("a", "b"))
                            .getException())
                    .isNull();
            assertThat(through("direct:again", new SomeRun("r1"), List.of(product(1, "a", 0)))
                            .getException())
                    .isNull();
            assertThat(count()).isEqualTo(1);
        }

        @Test
        void keepsColumnsThatNoLongerCome() {
            load(REPLACE, List.of(row("id", 1, "old", "x")));
            load(REPLACE, List.of(row("id", 2)));

            assertThat(query("SELECT id, old FROM " + TABLE)).containsExactly(Arrays.asList(2L, null));
        }
    }

    @Nested
    class Append {

        @Test
        void keepsWhatIsThere() {
            load(APPEND, List.of(product(1, "a", 0)));
            load(APPEND, List.of(product(1, "a", 0), product(2, "b", 0)));

            assertThat(products()).containsExactly(List.of(1L, "a"), List.of(1L, "a"), List.of(2L, "b"));
        }

        @Test
        void isNotVisibleBeforeAllOfIt() {
            load(APPEND, List.of(product(1, "a", 0)));

            assertThatThrownBy(() -> load(APPEND, failingAfter(20_000))).hasMessage("the source is gone");

            assertThat(count()).isEqualTo(1);
        }

        @Test
        void ofNothingChangesNothingButIsRecorded() {
            load(APPEND + "&cursor=ts", List.of(product(1, "a", 3)));
            load(APPEND + "&cursor=ts", List.of());

            assertThat(count()).isEqualTo(1);
            assertThat(readCursor(CURSOR)).isEqualTo(NOON.plusHours(3));
            assertThat(one("SELECT count(*) FROM DLT.SHOP._caravan_loads")).isEqualTo(2L);
        }

        @Test
        void marksEachRowWithItsLoad() {
            load(APPEND + "&loadId=first", List.of(product(1, "a", 0)));
            load(APPEND + "&loadId=second", List.of(product(2, "b", 0)));

            assertThat(query("SELECT id, _caravan_load_id FROM " + TABLE + " ORDER BY id"))
                    .containsExactly(List.of(1L, "first"), List.of(2L, "second"));
        }
    }

    @Nested
    class Merge {

        @Test
        void movesOnlyWhatHasChanged() {
            load(MERGE + "&loadId=first", List.of(product(1, "a", 0), product(2, "b", 0)));
            LoadResult second = load(
                    MERGE + "&loadId=second",
                    List.of(product(1, "a", 0), product(2, "changed", 1), product(3, "c", 2)));

            assertThat(second.inserted()).isEqualTo(1);
            assertThat(second.updated()).isEqualTo(1);
            assertThat(second.staged()).isEqualTo(3);
            assertThat(query("SELECT id, name, _caravan_load_id FROM " + TABLE + " ORDER BY id"))
                    .containsExactly(
                            List.of(1L, "a", "first"), List.of(2L, "changed", "second"), List.of(3L, "c", "second"));
        }

        /** The boundary is read again by the next run: each row is there once. */
        @Test
        void takesRowsEqualToTheCursorOnce() {
            load(MERGE, List.of(product(1, "a", 1), product(2, "b", 2), product(3, "c", 3), product(4, "d", 3)));
            load(MERGE, List.of(product(3, "c", 3), product(4, "d", 3), product(5, "f", 3), product(6, "g", 4)));

            assertThat(products())
                    .containsExactly(
                            List.of(1L, "a"),
                            List.of(2L, "b"),
                            List.of(3L, "c"),
                            List.of(4L, "d"),
                            List.of(5L, "f"),
                            List.of(6L, "g"));
        }

        @Test
        void takesTheLatestOfAKeyThenTheLastOneRead() {
            load(
                    MERGE,
                    List.of(
                            product(1, "newest", 3),
                            product(1, "older", 1),
                            product(2, "first", 2),
                            product(2, "last", 2),
                            row("id", 3, "name", "timed", "ts", NOON),
                            row("id", 3, "name", "untimed", "ts", null)));

            assertThat(products()).containsExactly(List.of(1L, "newest"), List.of(2L, "last"), List.of(3L, "timed"));
        }

        @Test
        void keepsRowsOfTheTableThatShareAKey() {
            load(TABLE, List.of(product(1, "a", 0), product(1, "b", 0), product(2, "c", 0)));
            LoadResult merged = load(TABLE + "?mode=merge&key=id", List.of(product(1, "x", 0), product(3, "y", 0)));

            assertThat(List.of(merged.inserted(), merged.updated())).containsExactly(1L, 2L);
            assertThat(products())
                    .containsExactly(List.of(1L, "x"), List.of(1L, "x"), List.of(2L, "c"), List.of(3L, "y"));
        }

        @Test
        void neverMixesTheRowsOfAKey() {
            load(
                    TABLE + "?mode=merge&key=id",
                    List.of(row("id", 1, "a", 1, "b", 1), row("id", 1, "a", 2), row("id", 1, "b", 3)));

            assertThat(query("SELECT id, a, b FROM " + TABLE)).containsExactly(Arrays.asList(1L, null, 3L));
        }

        @Test
        void tellsRowsApartByAllColumnsOfTheKey() {
            String merge = TABLE + "?mode=merge&key=a, b";
            load(merge, List.of(row("a", "1", "b", "23", "v", 1), row("a", "12", "b", "3", "v", 2)));
            load(merge, List.of(row("a", "12", "b", "3", "v", 9)));

            assertThat(query("SELECT a, b, v FROM " + TABLE + " ORDER BY a, b"))
                    .containsExactly(List.of("1", "23", 1L), List.of("12", "3", 9L));
        }

        @Test
        void findsKeysWhoseNamesNeedQuotes() {
            String merge = TABLE + "?mode=merge&key=\"last, first\" , \"say \"\"x\"\"\",id";
            Map<String, Object> row = row("last, first", "a", "say \"x\"", 1, "id", 2);
            load(merge, List.of(row));

            assertThat(load(merge, List.of(row)).rows()).isZero();
            for (String wrong : List.of("id,", ",id", "\"id", "\"a\"b")) {
                assertThatThrownBy(() -> load(TABLE + "?mode=merge&key=" + wrong, List.of(row)))
                        .hasStackTraceContaining("key=" + wrong + " is not a list of columns");
            }
        }

        @Test
        void refusesAKeyThatIsNullOrMissing() {
            load(MERGE, List.of(product(1, "a", 0)));

            assertThatThrownBy(() -> load(MERGE, List.of(product(2, "b", 0), row("id", null, "ts", NOON))))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("NULL in the key column id");
            assertThatThrownBy(() -> load(MERGE, List.of(row("name", "b", "ts", NOON))))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("key column id");
            assertThat(products()).containsExactly(List.of(1L, "a"));
        }

        @Test
        void takesARowThatComesLateWithAnOlderCursor() {
            load(MERGE, List.of(product(1, "a", 10)));
            load(MERGE, List.of(product(2, "late", 9)));

            assertThat(products()).containsExactly(List.of(1L, "a"), List.of(2L, "late"));
            assertThat(readCursor(CURSOR)).isEqualTo(NOON.plusHours(10));
        }

        @Test
        void comparesNullsAndNansAsValues() {
            String merge = TABLE + "?mode=merge&key=id";
            List<Map<String, Object>> rows =
                    List.of(row("id", 1, "x", Double.NaN, "y", "a"), row("id", 2, "x", 1.5, "y", null));
            load(merge, rows);

            assertThat(load(merge, rows).rows()).isZero();
            assertThat(load(merge, List.of(row("id", 2, "x", null, "y", null))).updated())
                    .isEqualTo(1);
        }

        @Test
        void findsTheKeyAfterItsTypeHasBecomeWider() {
            String merge = TABLE + "?mode=merge&key=id";
            load(merge, List.of(row("id", 1, "v", "a"), row("id", 2, "v", "b")));
            load(merge, List.of(row("id", "2", "v", "B"), row("id", "x", "v", "c")));

            assertThat(query("SELECT id, v FROM " + TABLE + " ORDER BY id"))
                    .containsExactly(List.of("1", "a"), List.of("2", "B"), List.of("x", "c"));
        }

        static Stream<Object> keys() {
            LocalDateTime time = LocalDateTime.of(2026, 1, 1, 10, 0);
            return Stream.of(
                    new BigDecimal("1.50"),
                    new BigDecimal("-0.50"),
                    new BigDecimal("100.00"),
                    time,
                    time.plusNanos(120_000_000),
                    time.atOffset(ZoneOffset.ofHours(2)),
                    time.toLocalTime(),
                    time.toLocalDate(),
                    true,
                    7L);
        }

        /** Text is made of a key by the table, by the staging area and on the way there. */
        @ParameterizedTest
        @MethodSource("keys")
        void findsTheKeyAfterItHasBecomeText(Object key) {
            String merge = TABLE + "?mode=merge&key=id";
            load(merge, List.of(row("id", key)));
            load(
                    key instanceof Temporal ? merge + "&type.id=TEXT" : merge, // no time becomes text by itself
                    Stream.concat(Stream.generate(() -> key).limit(9_000), Stream.of("text", key))
                            .map(id -> row("id", id)));
            load(merge, List.of(row("id", key)));

            assertThat(query("SELECT id FROM " + TABLE + " WHERE id <> 'text'")).hasSize(1);
            assertThat(count()).isEqualTo(2);
        }

        @Test
        void worksForATableThatIsNothingButItsKey() {
            String merge = TABLE + "?mode=merge&key=id";
            load(merge, List.of(row("id", 1)));

            assertThat(load(merge, List.of(row("id", 1), row("id", 2))).inserted())
                    .isEqualTo(1);
        }
    }

    @Nested
    class Cursors {

        /** Two runs read the same cursor, and so the same rows: one of them may load them. */
        @Test
        void areNoMoreValidOnceSomebodyElseHasLoaded() throws Exception {
            String append = APPEND + "&cursor=id";
            load(append, List.of(row("id", 1L)));
            try (var template = camel.createProducerTemplate()) {
                Exchange late = template.send("warehouse:" + CURSOR, exchange -> {});
                load(append, List.of(row("id", 2L)));
                late.getMessage().setBody(List.of(row("id", 2L)));
                template.send("warehouse:" + append, late);

                assertThat(late.getException())
                        .isInstanceOf(TransientException.class)
                        .hasMessageContaining("Another load has written to");
                assertThat(count()).isEqualTo(2);

                Exchange next = template.send("warehouse:dlt.Shop.products?operation=readCursor", exchange -> {});
                load(append, List.of());
                next.getMessage().setBody(List.of(row("id", 3L)));
                template.send("warehouse:" + append, next);
                assertThat(next.getException()).isInstanceOf(TransientException.class);

                next = template.send("warehouse:" + CURSOR, exchange -> {});
                for (long id = 3; id <= 4; id++) {
                    next.getMessage().setBody(List.of(row("id", id)));
                    next.getMessage().setHeader(WarehouseConstants.LOAD_ID, "load " + id);
                    template.send("warehouse:" + append, next);
                    assertThat(next.getException()).isNull();
                }
                assertThat(count()).isEqualTo(4);
            }
        }

        @Test
        void comeBackAsValuesThatJdbcCanBind() {
            load(APPEND + "&cursor=id", List.of(row("id", 42L)));
            assertThat(readCursor(CURSOR)).isEqualTo(42L);

            load("DLT.SHOP.D?cursor=d", List.of(row("d", LocalDate.of(2026, 3, 2))));
            assertThat(readCursor("DLT.SHOP.D?operation=readCursor")).isEqualTo(LocalDate.of(2026, 3, 2));

            var moment = java.time.OffsetDateTime.parse("2026-03-03T01:15:30.123456Z");
            load("DLT.SHOP.M?cursor=m", List.of(row("m", moment)));
            assertThat(readCursor("DLT.SHOP.M?operation=readCursor")).isEqualTo(moment);

            load("DLT.SHOP.N?cursor=n", List.of(row("n", new java.math.BigDecimal("1.50"))));
            assertThat(readCursor("DLT.SHOP.N?operation=readCursor")).isEqualTo(new java.math.BigDecimal("1.50"));

            load("DLT.SHOP.T?cursor=t", List.of(row("t", "abc"), row("t", "abd")));
            assertThat(readCursor("DLT.SHOP.T?operation=readCursor")).isEqualTo("abd");
        }

        @Test
        void areAHeaderToo() {
            load(APPEND + "&cursor=id", List.of(row("id", 42L)));

            assertThat(send(CURSOR, null, Map.of()).getMessage().getHeader("CamelWarehouseCursor"))
                    .isEqualTo(42L);
        }

        static Stream<Arguments> texts() {
            LocalDateTime hour = LocalDateTime.of(2026, 11, 27, 10, 0);
            return Stream.of(
                    Arguments.of(hour, "2026-11-27T10:00:00"),
                    Arguments.of(hour.plusNanos(120_000_000), "2026-11-27T10:00:00.12"),
                    Arguments.of(hour.atOffset(ZoneOffset.UTC), "2026-11-27T10:00:00Z"),
                    Arguments.of(hour.toLocalDate(), "2026-11-27"),
                    Arguments.of(7L, "7"));
        }

        /** As an API wants it in a URL. */
        @ParameterizedTest
        @MethodSource("texts")
        void areRfc3339AsText(Object value, String text) throws Exception {
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:url")
                            .to("warehouse:" + CURSOR + "&initialValue=" + value)
                            .setBody(simple("since=${header.CamelWarehouseCursor}&body=${body}"));
                }
            });
            assertThat(through("direct:url", new SomeRun("r"), null)
                            .getMessage()
                            .getBody())
                    .isEqualTo("since=" + text + "&body=" + text);

            LoadResult result = load(APPEND + "&cursor=ts", List.of(row("ts", value)));

            assertThat(result.cursorAfter()).isEqualTo(text);
            assertThat(through("direct:url", new SomeRun("r"), null)
                            .getMessage()
                            .getBody())
                    .isEqualTo("since=" + text + "&body=" + text);
            assertThat(readCursor(CURSOR)).isEqualTo(value);
        }

        static Stream<Object> futures() {
            LocalDateTime next = LocalDateTime.now(ZoneOffset.UTC).plusDays(2).truncatedTo(ChronoUnit.SECONDS);
            return Stream.of(
                    next,
                    next.toLocalDate(),
                    next.atOffset(ZoneOffset.UTC),
                    next + "Z",
                    LocalDate.of(2999, 12, 31).atStartOfDay());
        }

        @ParameterizedTest
        @MethodSource("futures")
        void inTheFutureAreTold(Object future) {
            String append = APPEND + "&cursor=ts";
            Object past = future instanceof String
                    ? "2026-01-01T10:00Z"
                    : future instanceof LocalDate
                            ? LocalDate.of(2026, 1, 1)
                            : future instanceof LocalDateTime ? NOON : NOON.atOffset(ZoneOffset.UTC);
            assertThat(logged(() -> load(append, List.of(row("ts", past))))).noneMatch(line -> line.contains("future"));
            for (List<Map<String, Object>> rows : List.of(List.of(row("ts", future)), List.<Map<String, Object>>of())) {
                assertThat(logged(() -> load(append, rows)))
                        .anyMatch(line -> line.startsWith("WARN The cursor ts of " + spelled(TABLE) + " is ")
                                && line.contains("in the future")
                                && line.contains("maxCursor=now"));
            }
        }

        /** No zone is known of a time without one, and clocks differ a little. */
        @Test
        void ofNowAreNotInTheFuture() {
            LocalDateTime now = LocalDateTime.now(ZoneOffset.UTC);
            for (Object value : List.of(
                    now.plusHours(13),
                    now.plusMinutes(5).atOffset(ZoneOffset.UTC),
                    now.plusHours(13).toLocalDate())) {
                // a table for each type, because no time becomes another one by itself
                String table = "DLT.SHOP." + value.getClass().getSimpleName();
                assertThat(logged(() -> load(table + "?mode=replace&cursor=ts", List.of(row("ts", value)))))
                        .as("%s", value)
                        .noneMatch(line -> line.contains("future"));
            }
        }

        @ParameterizedTest
        @ValueSource(strings = {"TIMESTAMP", "TIMESTAMP_TZ", "DATE"})
        void canBeKeptFromTheFuture(String type) {
            String merge = TABLE + "?mode=merge&key=id&cursor=ts&maxCursor=now&type.ts=" + type;
            List<Map<String, Object>> rows =
                    List.of(row("id", 1, "ts", "2026-01-01"), row("id", 2, "ts", "2999-12-31"), row("id", 3));
            assertThat(logged(() -> load(merge, rows)))
                    .anyMatch(line ->
                            line.startsWith("WARN Rows for " + TABLE + " have a ts in the future, up to 2999-12-31"))
                    .noneMatch(line -> line.contains("is in the future"));
            assertThat(count()).isEqualTo(3);
            assertThat(readCursor(CURSOR).toString()).startsWith("2026-01-01");

            load(merge, List.of(row("id", 2, "ts", "2999-12-31"), row("id", 4, "ts", "2026-01-02")));
            assertThat(count()).isEqualTo(4);
            assertThat(readCursor(CURSOR).toString()).startsWith("2026-01-02");

            load(merge, List.of(row("id", 2, "ts", "2999-12-31")));
            assertThat(readCursor(CURSOR).toString()).startsWith("2026-01-02");
        }

        @Test
        void thatAreNoTimesHaveNoLimit() {
            assertThatThrownBy(() -> load(MERGE.replace("=ts", "=id") + "&maxCursor=now", List.of(product(1, "a", 0))))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("maxCursor=now needs a cursor that is a time, but id of " + TABLE);
        }

        /** As pollEnrich leaves it if there is no file. */
        @Test
        void stayWhereTheyAreWithoutABody() {
            load(MERGE, List.of(product(1, "a", 0)));
            assertThat(logged(() -> load(MERGE, null)))
                    .anyMatch(line -> line.startsWith("WARN " + TABLE + ": the step before has left no body"));
            assertThat(readCursor(CURSOR)).isEqualTo(NOON);
        }

        @Test
        void goBackByTheLagButNotBehindTheInitialValue() {
            load(MERGE, List.of(product(1, "a", 0)));
            load("DLT.SHOP.D?cursor=d", List.of(row("d", LocalDate.of(2026, 3, 2))));
            load("DLT.SHOP.I?cursor=i", List.of(row("i", 300)));

            assertThat(readCursor(CURSOR + "&lag=1h")).isEqualTo(NOON.minusHours(1));
            assertThat(readCursor(CURSOR + "&lag=1h&initialValue=2026-01-01T11:30:00"))
                    .isEqualTo(NOON.minusMinutes(30));
            assertThat(readCursor("DLT.SHOP.D?operation=readCursor&lag=1")).isEqualTo(LocalDate.of(2026, 3, 1));
            assertThat(readCursor("DLT.SHOP.D?operation=readCursor&lag=1&initialValue=2026-03-02"))
                    .isEqualTo(LocalDate.of(2026, 3, 2));
            assertThat(readCursor("DLT.SHOP.I?operation=readCursor&lag=100")).isEqualTo(200L);
            assertThat(readCursor("DLT.SHOP.I?operation=readCursor&initialValue=2026-03-02"))
                    .isEqualTo(300L);
            assertThatThrownBy(() -> readCursor("DLT.SHOP.I?operation=readCursor&lag=1&initialValue=2026-03-02"))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("initialValue=2026-03-02 does not match the cursor i, which is INTEGER");
            load("DLT.SHOP.T?cursor=t", List.of(row("t", "2026-03-02T10:00:00Z")));
            assertThat(readCursor("DLT.SHOP.T?operation=readCursor&cursor=t&lag=10m&initialValue=2024-01-01T00:00:00Z"))
                    .isEqualTo("2026-03-02T09:50:00Z");
            assertThat(readCursor("DLT.SHOP.T?operation=readCursor&cursor=t&lag=10m&initialValue=2026-03-02T09:55:00Z"))
                    .isEqualTo("2026-03-02T09:55:00Z");
            load("DLT.SHOP.T?cursor=t", List.of(row("t", "2026-03-02T23:00:00+02:00")));
            assertThatThrownBy(() -> readCursor("DLT.SHOP.T?operation=readCursor&cursor=t&lag=10m"))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("type.t")
                    .hasMessageContaining("caravan reset");
            assertThatThrownBy(() -> readCursor(CURSOR + "&lag=3"))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("15m");
        }

        @Test
        void beginAtTheInitialValue() {
            assertThat(readCursor(CURSOR + "&lag=1h&initialValue=2026-01-01")).isEqualTo(LocalDate.of(2026, 1, 1));
            assertThat(readCursor(CURSOR + "&initialValue=7")).isEqualTo(7L);
            assertThatThrownBy(() -> readCursor(CURSOR))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("initialValue");
        }

        @Test
        void doNotMoveOnRowsWithoutAValue() {
            load(MERGE, List.of(product(1, "a", 2)));
            load(MERGE, List.of(row("id", 2, "name", "b", "ts", null)));

            assertThat(readCursor(CURSOR)).isEqualTo(NOON.plusHours(2));
        }

        /** PostgreSQL's infinities arrive as the first and the last day. */
        static Stream<Arguments> infinities() {
            LocalDate day = LocalDate.of(2026, 3, 2);
            LocalDate last = LocalDate.of(9999, 12, 31);
            LocalTime late = LocalTime.of(23, 59, 59, 999_999_000);
            return Stream.of(
                    Arguments.of(1.5, List.of(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)),
                    Arguments.of(day, List.of(last, LocalDate.of(1, 1, 1))),
                    Arguments.of(
                            day.atTime(10, 0),
                            List.of(last.atTime(late), LocalDate.of(1, 1, 1).atStartOfDay())),
                    Arguments.of(
                            day.atTime(10, 0).atOffset(ZoneOffset.UTC),
                            List.of(
                                    last.atTime(late).atOffset(ZoneOffset.UTC),
                                    LocalDate.of(1, 1, 1).atStartOfDay().atOffset(ZoneOffset.UTC))));
        }

        @ParameterizedTest
        @MethodSource("infinities")
        void areNeverInfinite(Object value, List<Object> infinities) {
            String append = APPEND + "&cursor=ts";
            infinities.forEach(infinity -> load(append, List.of(row("ts", infinity))));
            assertThat(readCursor(CURSOR + "&initialValue=nothing")).isEqualTo("nothing");

            load(append, Stream.concat(infinities.stream(), Stream.of(value)).map(each -> row("ts", each)));
            infinities.forEach(infinity -> load(append, List.of(row("ts", infinity))));

            assertThat(readCursor(CURSOR)).isEqualTo(value);
            assertThat(count()).isEqualTo(3L * infinities.size() + 1);
        }

        @Test
        void ofAPartOfASplitAreRefused() throws Exception {
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:unnamed").split(body()).to("warehouse:" + APPEND + "&cursor=id");
                    from("direct:named")
                            .split(body())
                            .setHeader(WarehouseConstants.LOAD_ID, simple("${body[id]}"))
                            .to("warehouse:" + APPEND + "&cursor=id");
                    // each part reads on in a table of its own
                    from("direct:tables")
                            .split(body())
                            .toD("warehouse:DLT.SHOP.T${body}?operation=readCursor&initialValue=5")
                            .process(part -> part.getMessage()
                                    .setBody(row("id", part.getMessage().getBody())))
                            .toD("warehouse:DLT.SHOP.T${exchangeProperty.CamelSplitIndex}?mode=append&cursor=id");
                }
            });

            assertThat(through("direct:unnamed", new SomeRun("r1"), List.of(row("id", 1L), row("id", 2L)))
                            .getException())
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("A part of a split would move the cursor of " + TABLE);
            assertThat(through("direct:named", new SomeRun("r2"), List.of(row("id", 1L), row("id", 2L)))
                            .getException())
                    .isNull();
            assertThat(through("direct:tables", new SomeRun("r3"), List.of(0, 1))
                            .getException())
                    .isNull();
            assertThat(count()).isEqualTo(2);
            assertThat(one("SELECT count(*) FROM DLT.SHOP.T0 a JOIN DLT.SHOP.T1 b ON a.id = b.id"))
                    .isEqualTo(1L);
        }

        @Test
        void haveToBeAColumnThatCanBeCompared() {
            assertThatThrownBy(() -> load(APPEND + "&cursor=nope", List.of(row("id", 1))))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("no column nope");
            assertThatThrownBy(() -> load(APPEND + "&cursor=j", List.of(row("j", Map.of("a", 1)))))
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("cursor column j");
        }

        @Test
        void ofADifferentColumnStartAfresh() {
            load(APPEND + "&cursor=id", List.of(row("id", 42, "n", 1)));

            assertThat(readCursor(CURSOR + "&cursor=n&initialValue=0")).isEqualTo(0L);

            load(APPEND + "&cursor=n", List.of(row("id", 1, "n", 2)));
            assertThat(readCursor(CURSOR + "&cursor=n&initialValue=0")).isEqualTo(2L);
        }
    }

    /** A run as its pipeline shows it. */
    private static class SomeRun extends FakeRun {

        private final List<Long> moved = new ArrayList<>();
        private final List<Load> loads = new ArrayList<>();
        private boolean lost;

        SomeRun(String id) {
            super(id, "p");
        }

        @Override
        public void addProgress(Exchange exchange, long rows, long bytes) {
            moved.add(rows);
            assertThat(bytes).isPositive();
        }

        @Override
        public void loaded(Load load) {
            loads.add(load);
        }

        @Override
        public void renewLease() {
            if (lost) {
                throw new RunEndedException("lost");
            }
        }
    }

    private Exchange step(String options, Object body, Run run, String step) {
        return send(options, body, Map.of(Run.PROPERTY, run, Exchange.STEP_ID, step));
    }

    /** Sends a body through a route, as an attempt of a run. */
    private Exchange through(String uri, Run run, Object body) throws Exception {
        try (var template = camel.createProducerTemplate()) {
            return template.send(uri, exchange -> {
                exchange.setProperty(Run.PROPERTY, run);
                exchange.getMessage().setBody(body);
            });
        }
    }

    @Nested
    class Records {

        @Test
        void tellTheRunWhatWasLoaded() {
            SomeRun run = new SomeRun("r1");
            LoadResult loaded = step(
                            REPLACE + "&cursor=ts", List.of(product(1, "a", 0), product(2, "b", 5)), run, "load")
                    .getMessage()
                    .getBody(LoadResult.class);
            step(TABLE + "?mode=merge&key=id", List.of(row("id", 1, "name", "A", "w", 1)), run, "again");

            Load first = run.loads.get(0);
            assertThat(first.id()).isEqualTo("r1/load");
            assertThat(first.table()).isEqualTo(spelled(TABLE));
            assertThat(first.mode()).isEqualTo("replace");
            assertThat(first.inserted()).isEqualTo(2);
            assertThat(first.cursorColumn()).isEqualTo("ts");
            assertThat(first.cursor()).isEqualTo(loaded.cursorAfter()).isNotNull();
            assertThat(first.changes()).containsExactly(Load.CREATED);
            assertThat(first.columns()).containsOnlyKeys(name("id"), name("name"), name("ts"));
            assertThat(first.columns()).containsEntry(name("name"), "TEXT");

            Load second = run.loads.get(1);
            assertThat(second.mode()).isEqualTo("merge");
            assertThat(second.updated()).isEqualTo(1);
            assertThat(second.changes()).singleElement().asString().startsWith("add " + name("w") + " ");
            assertThat(List.copyOf(second.columns().keySet()))
                    .containsExactly(name("id"), name("name"), name("ts"), name("w"));

            SomeRun later = new SomeRun("r1");
            step(TABLE + "?mode=merge&key=id", List.of(row("id", 1, "name", "A", "w", 1)), later, "again");
            Load found = later.loads.get(0);
            assertThat(found.id()).isEqualTo("r1/again");
            assertThat(found.updated()).isEqualTo(1);
            assertThat(found.committed()).isCloseTo(second.committed(), within(1, ChronoUnit.MILLIS));
        }
    }

    @Nested
    class ExactlyOnce {

        @Test
        void aLoadThatIsTriedAgainFindsItselfAndStops() {
            step(APPEND, List.of(product(1, "a", 0)), new SomeRun("r1"), "load");
            SomeRun run = new SomeRun("r1");
            var source = new ClosingRows(List.of(product(1, "a", 0)));
            Exchange again = step(APPEND, source, run, "load");

            LoadResult result = again.getMessage().getBody(LoadResult.class);
            assertThat(again.getException()).isNull();
            assertThat(result.alreadyLoaded()).isTrue();
            assertThat(result.inserted()).isEqualTo(1);
            assertThat(count()).isEqualTo(1);
            assertThat(run.moved).isEmpty();
            assertThat(source.closed).isTrue();
            assertThat(source.read).isZero();
        }

        /** As a load is that is named after the object that it loads. */
        @Test
        void whatAnEarlierRunHasLoadedIsNotCountedAgain() {
            for (String id : List.of("r1", "r2")) {
                SomeRun run = new SomeRun(id);
                step(APPEND + "&loadId=object", List.of(product(1, "a", 0)), run, "load");
                assertThat(run.moved).isEqualTo(id.equals("r1") ? List.of(1L) : List.of());
            }
            assertThat(count()).isEqualTo(1);
        }

        @Test
        void eachLoadIsOneLineInTheLog() {
            load(MERGE, List.of(product(1, "a", 0), product(2, "b", 0)));

            assertThat(logged(() -> load(MERGE, List.of(product(2, "B", 0), product(3, "c", 0)))))
                    .containsExactly("INFO " + spelled(TABLE) + ": 2 rows read, 1 inserted, 1 updated, 0 deleted");
            assertThat(logged(() -> load(REPLACE, List.of(product(2, "B", 0)))))
                    .containsExactly("INFO " + spelled(TABLE) + ": 1 rows read, 1 inserted, 0 updated, 3 deleted");
        }

        @Test
        void stepsAndRunsAndTablesAreLoadsOfTheirOwn() {
            SomeRun run = new SomeRun("r1");
            step(APPEND, List.of(product(1, "a", 0)), run, "one");
            step(APPEND, List.of(product(2, "b", 0)), run, "two");
            step(APPEND, List.of(product(3, "c", 0)), new SomeRun("r2"), "one");
            step("DLT.SHOP.OTHER?mode=append", List.of(product(1, "a", 0)), run, "one");

            assertThat(count()).isEqualTo(3);
            assertThat(query("SELECT load_id, table_name, run_id FROM DLT.SHOP._caravan_loads ORDER BY 1, 2"))
                    .containsExactly(
                            List.of("r1/one", name("OTHER"), "r1"),
                            List.of("r1/one", name("PRODUCTS"), "r1"),
                            List.of("r1/two", name("PRODUCTS"), "r1"),
                            List.of("r2/one", name("PRODUCTS"), "r2"));
        }

        @Test
        void aSecondLoadInTheSameStepIsRefusedInsteadOfTakenForTheFirst() throws Exception {
            Exchange[] last = new Exchange[1];
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:twice")
                            .to("warehouse:" + APPEND)
                            .setBody(e -> List.of(product(2, "b", 0)))
                            .to("warehouse:" + APPEND);
                }
            });
            try (var template = camel.createProducerTemplate()) {
                last[0] = template.send("direct:twice", e -> {
                    e.setProperty(Run.PROPERTY, new SomeRun("r1"));
                    e.getMessage().setBody(List.of(product(1, "a", 0)));
                });
            }

            assertThat(last[0].getException())
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("loadId");
        }

        @Test
        void partsOfASplitAreLoadsOfTheirOwn() throws Exception {
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:split").split(body()).to("warehouse:" + APPEND);
                }
            });
            for (int attempt = 1; attempt <= 2; attempt++) {
                assertThat(through(
                                        "direct:split",
                                        new SomeRun("r1"),
                                        List.of(product(1, "a", 0), product(2, "b", 0), product(3, "c", 0)))
                                .getException())
                        .isNull();
            }

            assertThat(products()).containsExactly(List.of(1L, "a"), List.of(2L, "b"), List.of(3L, "c"));
        }

        @Test
        void whatIsGatheredFromPartsIsOneLoad() throws Exception {
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:gather")
                            .split(body(), AggregationStrategies.groupedBody())
                            .setBody(body())
                            .end()
                            .to("warehouse:" + APPEND + "&cursor=id");
                }
            });
            List<Map<String, Object>> rows = List.of(product(1, "a", 0), product(2, "b", 0), product(3, "c", 0));
            for (int parts = 2; parts <= 3; parts++) {
                assertThat(through("direct:gather", new SomeRun("r1"), rows.subList(0, parts))
                                .getException())
                        .isNull();
            }

            assertThat(products()).containsExactly(List.of(1L, "a"), List.of(2L, "b"));
        }

        /** The parts of parts, and the branches of a multicast, have no id of their own that a retry would repeat. */
        @ParameterizedTest
        @ValueSource(strings = {"nested", "multicast", "parallel"})
        void partsThatCannotBeToldApartAreRefused(String route) throws Exception {
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:nested").split(body()).split(body()).to("warehouse:" + APPEND);
                    from("direct:multicast").multicast().stopOnException().to("direct:load", "direct:load");
                    from("direct:parallel")
                            .multicast()
                            .parallelProcessing()
                            .stopOnException()
                            .to("direct:load", "direct:load");
                    from("direct:load").to("warehouse:" + APPEND);
                    from("direct:named")
                            .split(body())
                            .split(body())
                            .setHeader(WarehouseConstants.LOAD_ID, simple("${body[name]}"))
                            .to("warehouse:DLT.NAMED.PRODUCTS?mode=append");
                }
            });
            List<List<Map<String, Object>>> parts = List.of(
                    List.of(product(1, "a", 0), product(2, "b", 0)), List.of(product(3, "c", 0), product(4, "d", 0)));
            List<?> body = route.equals("nested") ? parts : parts.get(0);

            assertThat(through("direct:" + route, new SomeRun("r1"), body).getException())
                    .hasStackTraceContaining("put each load into its own step")
                    .hasStackTraceContaining("CamelWarehouseLoadId");

            assertThat(through("direct:named", new SomeRun("r2"), parts).getException())
                    .isNull();
            assertThat(one("SELECT count(*) FROM DLT.NAMED.PRODUCTS")).isEqualTo(4L);
        }

        @Test
        void theHeaderNamesTheLoadThatFollowsAndNoOther() {
            Exchange first = send(APPEND, List.of(product(1, "a", 0)), Map.of());
            assertThat(first.getMessage().getHeaders()).doesNotContainKey(WarehouseConstants.LOAD_ID);
            try (var template = camel.createProducerTemplate()) {
                for (int i = 0; i < 2; i++) {
                    Exchange named = template.send("warehouse:" + APPEND, e -> {
                        e.getMessage().setHeader(WarehouseConstants.LOAD_ID, "object-1");
                        e.getMessage().setBody(List.of(product(2, "b", 0)));
                    });
                    assertThat(named.getMessage().getHeaders()).doesNotContainKey(WarehouseConstants.LOAD_ID);
                }
            } catch (java.io.IOException e) {
                throw new IllegalStateException(e);
            }

            assertThat(count()).isEqualTo(2);
        }

        /** Loads are named after objects, and those as anybody likes. */
        @Test
        void idsAreTakenAsTheyAre() {
            List<String> ids = List.of("back\\slash", "it's", "\\', 1); DROP TABLE x; --", "end\\", "\u00fc/{}");
            for (String id : ids) {
                for (boolean again : new boolean[] {false, true}) {
                    try (var template = camel.createProducerTemplate()) {
                        Exchange done = template.send("warehouse:" + APPEND, e -> {
                            e.getMessage().setHeader(WarehouseConstants.LOAD_ID, id);
                            e.getMessage().setBody(List.of(product(ids.indexOf(id), "a", 0)));
                        });
                        assertThat(done.getException()).as(id).isNull();
                        assertThat(done.getMessage().getBody(LoadResult.class).alreadyLoaded())
                                .isEqualTo(again);
                    } catch (java.io.IOException e) {
                        throw new IllegalStateException(e);
                    }
                }
            }

            assertThat(query("SELECT _caravan_load_id FROM " + TABLE + " ORDER BY id"))
                    .extracting(row -> row.get(0))
                    .isEqualTo(ids);
        }

        @Test
        void ofTwoWritersThatSawTheSameStateOneHasToStartAgain() {
            load(APPEND, List.of(product(1, "a", 0)));
            Iterator<Map<String, Object>> overtaken = new Iterator<>() {
                private boolean first = true;

                @Override
                public boolean hasNext() {
                    return first;
                }

                @Override
                public Map<String, Object> next() {
                    first = false;
                    load(APPEND, List.of(product(2, "the other", 0)));
                    return product(3, "overtaken", 0);
                }
            };

            assertThatThrownBy(() -> load(APPEND, overtaken))
                    .isInstanceOf(TransientException.class)
                    .hasMessageContaining("Another load");
            assertThat(products()).containsExactly(List.of(1L, "a"), List.of(2L, "the other"));
        }

        @Test
        void aRunThatHasLostItsLeaseCommitsNothing() {
            load(APPEND, List.of(product(1, "a", 0)));
            SomeRun zombie = new SomeRun("z");
            zombie.lost = true;

            assertThat(step(APPEND + "&cursor=ts", List.of(product(2, "b", 9)), zombie, "load")
                            .getException())
                    .isInstanceOf(RunEndedException.class);

            assertThat(count()).isEqualTo(1);
            assertThat(one("SELECT count(*) FROM DLT.SHOP._caravan_loads")).isEqualTo(1L);
        }

        @Test
        void theRecordTellsWhatHasHappened() {
            load(MERGE + "&loadId=one", List.of(product(1, "a", 0), product(2, "b", 1)));
            load(MERGE + "&loadId=two", List.of(product(2, "B", 2), product(3, "c", 2)));

            assertThat(query("SELECT load_id, mode, rows_staged, rows_inserted, rows_updated, rows_deleted,"
                            + " cursor_before, cursor_after, started_at <= committed_at"
                            + " FROM DLT.SHOP._caravan_loads ORDER BY load_id"))
                    .containsExactly(
                            Arrays.asList("one", "merge", 2L, 2L, 0L, 0L, null, "2026-01-01T13:00:00", true),
                            List.of(
                                    "two",
                                    "merge",
                                    2L,
                                    1L,
                                    1L,
                                    0L,
                                    "2026-01-01T13:00:00",
                                    "2026-01-01T14:00:00",
                                    true));
            assertThat(query("SELECT table_name, version, cursor_column, load_id FROM DLT.SHOP._caravan_state"))
                    .containsExactly(List.of(name("PRODUCTS"), 2L, "ts", "two"));
        }
    }

    /** Rows that tell whether they were read and closed. */
    private static final class ClosingRows implements Rows {

        private final Iterator<Map<String, Object>> rows;
        private boolean closed;
        private int read;

        ClosingRows(List<Map<String, Object>> rows) {
            this.rows = rows.iterator();
        }

        @Override
        public List<Column> columns() {
            return List.of();
        }

        @Override
        public boolean hasNext() {
            return rows.hasNext();
        }

        @Override
        public Map<String, Object> next() {
            read++;
            return rows.next();
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Nested
    class Resets {

        private static final String ON_ID = APPEND + "&cursor=id";

        @Test
        void forgetTheCursorAndNothingElse() {
            load(ON_ID, List.of(row("id", 42L, "v", "a")));

            assertThat(warehouse().reset(TABLE, false)).isEqualTo("42");
            assertThat(readCursor(CURSOR + "&initialValue=0")).isEqualTo(0L);
            assertThat(warehouse().reset(TABLE, false)).isNull();

            load(ON_ID, List.of(row("id", 7L)));
            assertThat(readCursor(CURSOR + "&initialValue=0")).isEqualTo(7L);
            assertThat(count()).isEqualTo(2);
        }

        @Test
        void dropTheTableAndTheRecordsOfItsLoads() {
            load(ON_ID + "&loadId=x", List.of(row("id", 42L, "v", "text")));
            load("DLT.SHOP.OTHER?mode=append&loadId=x", List.of(row("id", 1L)));

            assertThat(warehouse().reset(TABLE, true)).isEqualTo("42");
            assertThat(readCursor(CURSOR + "&initialValue=0")).isEqualTo(0L);

            LoadResult again = load(ON_ID + "&loadId=x", List.of(row("id", 7L, "v", 1L)));
            assertThat(again.inserted()).isEqualTo(1);
            assertThat(query("SELECT id, v FROM " + TABLE)).containsExactly(List.of(7L, 1L));
            assertThat(load("DLT.SHOP.OTHER?mode=append&loadId=x", List.of(row("id", 1L)))
                            .alreadyLoaded())
                    .isTrue();
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void makeALoadThatIsUnderWayBeginAnew(boolean drop) {
            load(ON_ID, List.of(row("id", 1L)));
            Iterator<Map<String, Object>> underWay = Stream.of(2L, 3L)
                    .map(id -> {
                        if (id == 3L) {
                            warehouse().reset(TABLE, drop);
                        }
                        return row("id", id);
                    })
                    .iterator();

            assertThatThrownBy(() -> load(ON_ID, underWay))
                    .isInstanceOf(TransientException.class)
                    .hasMessageContaining("Another load");
            assertThat(readCursor(CURSOR + "&initialValue=0")).isEqualTo(0L);
        }

        @Test
        void ofWhatWasNeverLoadedAreRefused() {
            assertThatThrownBy(() -> warehouse().reset(TABLE, true))
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("Nothing has been loaded into " + TABLE);
        }
    }

    @Nested
    class Events {

        @Test
        void tellThatALoadHasChangedColumns() {
            List<String> told = new ArrayList<>();
            camel.getManagementStrategy().addEventNotifier(new EventNotifierSupport() {
                @Override
                public void notify(CamelEvent event) {
                    if (event instanceof SchemaChangedEvent change) {
                        told.add(change.load().loadId() + " " + change);
                        throw new IllegalStateException("a listener that fails");
                    }
                }
            });
            load(APPEND + "&loadId=a", List.of(row("id", 1, "v", 1L)));
            load(APPEND + "&loadId=b", List.of(row("id", 2, "v", 2L)));
            load(APPEND + "&loadId=c", List.of(row("id", 3, "v", "x", "w", 1L)));
            load(APPEND + "&loadId=c", List.of(row("id", 3, "v", "x", "w", 1L)));

            assertThat(told)
                    .singleElement()
                    .asString()
                    .isEqualToIgnoringCase("c " + TABLE + ": add w INTEGER, change v to TEXT (was INTEGER)");
        }
    }

    @Nested
    class Scripts {

        @Test
        void canBeRepeated() {
            load(TABLE + "?mode=append", List.of(product(1, "a", 0)));
            String view = "CREATE OR REPLACE VIEW NAMES AS SELECT name FROM PRODUCTS;"
                    + " CREATE TABLE IF NOT EXISTS NOTES (id INTEGER)";
            for (int i = 0; i < 2; i++) {
                assertThat(send("DLT.SHOP?operation=script", view, Map.of()).getException())
                        .isNull();
            }

            assertThat(query("SELECT name FROM DLT.SHOP.NAMES")).containsExactly(List.of("a"));
        }

        @Test
        void viewsSurviveLoadsThatChangeTheTable() {
            load(REPLACE, List.of(row("id", 1, "v", 1)));
            send("DLT.SHOP?operation=script", "CREATE OR REPLACE VIEW V AS SELECT id, v FROM PRODUCTS", Map.of());
            load(REPLACE, List.of(row("id", 1, "v", "text", "more", true)));

            assertThat(query("SELECT id, v FROM DLT.SHOP.V")).containsExactly(List.of(1L, "text"));
        }

        @Test
        void tellWhatIsWrong() {
            assertThat(send("DLT.SHOP?operation=script", "SELEKT 1", Map.of()).getException())
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("DLT.SHOP")
                    .hasMessageContaining("SELEKT");
        }
    }

    @Nested
    class Queries {

        @Test
        void changeNothing() {
            load(APPEND, List.of(product(1, "a", 0)));

            for (String sql : List.of(
                    "INSERT INTO " + TABLE + "(id) VALUES (2)",
                    "DELETE FROM " + TABLE,
                    "DROP TABLE " + TABLE,
                    "CREATE TABLE DLT.SHOP.X (i INTEGER)")) {
                assertThatThrownBy(() -> query(sql)).as(sql).isInstanceOf(PermanentException.class);
            }
            assertThat(count()).isEqualTo(1);
        }

        @Test
        void seeAllDatabases() {
            List<String> tables = distantTables();
            tables.forEach(table -> load(table, List.of(row("id", 1))));

            assertThat(one("SELECT count(*) FROM " + tables.get(0) + " a JOIN " + tables.get(1) + " b ON a.id = b.id"))
                    .isEqualTo(1L);
        }

        @Test
        void nameTheirColumns() {
            try (QueryResult result = warehouse().query("SELECT 1 AS \"one\", 'x' AS \"Two\"")) {
                assertThat(result.columns()).containsExactly("one", "Two");
            }
        }
    }

    @Nested
    class Options {

        @Test
        void theModeHasToBeWritten() throws Exception {
            assertThatThrownBy(() -> camel.getEndpoint("warehouse:" + TABLE + "?key=id"))
                    .hasStackTraceContaining("the option mode is missing. Set mode to replace")
                    .hasStackTraceContaining("append")
                    .hasStackTraceContaining("merge");
            camel.getEndpoint("warehouse:" + CURSOR);
            camel.getEndpoint("warehouse:DLT.SHOP?operation=script");
        }

        /** They are read again at each run: that would double them. */
        @Test
        void aLimitOfTheCursorNeedsAKeyOrReplace() {
            for (String options : List.of("mode=append&cursor=ts", "mode=merge&key=id")) {
                assertThatThrownBy(() -> load(TABLE + "?maxCursor=now&" + options, List.of()))
                        .hasStackTraceContaining("maxCursor needs the option cursor");
            }
            load(TABLE + "?maxCursor=now&mode=append&key=id&cursor=ts", List.of(product(1, "a", 0)));
        }

        @Test
        void thatDoNotBelongTogetherAreRefused() {
            assertThatThrownBy(() -> load(TABLE + "?mode=merge", List.of()))
                    .hasStackTraceContaining("needs the option key");
            assertThatThrownBy(() -> load(TABLE + "?mode=append&allowEmpty=true", List.of()))
                    .hasStackTraceContaining("the option allowEmpty needs mode=replace");
            assertThatThrownBy(() -> load("DLT.SHOP._caravan_loads", List.of(row("id", 1))))
                    .hasStackTraceContaining("names that begin with _caravan_ are reserved");
            assertThatThrownBy(() -> load("SHOP.PRODUCTS", List.of())).hasStackTraceContaining("DATABASE.SCHEMA.TABLE");
            assertThatThrownBy(() -> load(TABLE + "?type.x=NUMBR", List.of()))
                    .hasStackTraceContaining("Unknown type: NUMBR");
        }
    }
}
