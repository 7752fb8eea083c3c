package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.Installation.Background;
import dev.caravan.Installation.LedgerRun;
import dev.caravan.Installation.Result;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Several processes at the same moment. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OverlapIT {

    private static final String SLOW = "-Dcaravan.local.exchange-rates=slow:";

    private Source source;
    private Installation caravan;

    @BeforeAll
    void install(@TempDir Path directory) throws Exception {
        source = Source.in(directory.resolve("postgres"));
        source.execute(Events.TABLE);
        Events.add(source, 5_000);
        caravan = Installation.in(directory.resolve("home"))
                .set(Map.of("postgres.url", source.url()))
                .copyRoute("currencies-weekly", "currencies-queued", Map.of("CURRENCIES", "QUEUED"))
                .option("currencies-queued", "onOverlap", "queue")
                .route(
                        "events",
                        """
                        - route:
                            id: events
                            from:
                              uri: pipeline:events?maxConcurrentRuns=4&retryDelay=100ms&retries=9
                              steps:
                                - step:
                                    id: extract
                                    steps:
                                      - to: warehouse:DLT.APPLICATION_DATA.EVENTS?operation=readCursor&cursor=id&initialValue=0
                                      - setBody:
                                          constant: SELECT id, what FROM raw_data.events, (SELECT pg_sleep(2)) AS slow WHERE id > CAST(:?CamelWarehouseCursor AS bigint)
                                      - to: jdbc:postgres?useHeadersAsParameters=true&outputType=StreamList
                                - step:
                                    id: load
                                    steps:
                                      - to: warehouse:DLT.APPLICATION_DATA.EVENTS?mode=append&cursor=id
                        """);
    }

    @AfterAll
    void stop() throws Exception {
        source.close();
    }

    @Test
    void secondProcessIsSkipped() throws Exception {
        try (Background first = caravan.withJava(SLOW + "5s").start("first", "run", "currencies-weekly")) {
            awaitBegin(first);
            Result second = caravan.run("run", "currencies-weekly", "--output", "json");
            assertThat(second.exit()).isEqualTo(1);
            assertThat(second.json().get("state").asText()).isEqualTo("skipped");
            assertThat(second.err()).contains("Another run of currencies-weekly is in progress");
            assertThat(first.await().exit()).isZero();
        }
        assertThat(states("currencies-weekly")).containsExactly("completed", "skipped");
    }

    @Test
    void secondProcessWaits() throws Exception {
        try (Background first = caravan.withJava(SLOW + "8s").start("first", "run", "currencies-queued")) {
            awaitBegin(first);
            try (Background second = caravan.start("second", "run", "currencies-queued")) {
                assertThat(second.await().exit()).isZero();
                assertThat(second.said("waits for the run before it")).isTrue();
            }
            assertThat(first.await().exit()).isZero();
        }
        assertThat(states("currencies-queued")).containsExactly("completed", "completed");
        assertThat(caravan.ledger(
                        "SELECT max(started) >= min(finished) FROM runs WHERE pipeline = 'currencies-queued'"))
                .containsExactly(List.of(1L));
    }

    /** Three of them append the same rows, others load other tables; all write to the same file. */
    @Test
    void manyProcessesLoadIntoOneFile() throws Exception {
        List<Background> all = new ArrayList<>();
        try {
            for (String pipeline : List.of("events", "products-daily", "events", "products-full-refresh", "events")) {
                all.add(caravan.start("run" + all.size(), "run", pipeline));
            }
            for (Background each : all) {
                Result result = each.await();
                assertThat(result.exit()).as(result.err()).isZero();
            }
        } finally {
            all.forEach(Background::close);
        }
        Products.assertCopied(source, caravan);
        assertThat(caravan.warehouse("DLT", "SELECT count(*), count(DISTINCT id) FROM APPLICATION_DATA.EVENTS"))
                .containsExactly(List.of(5000L, 5000L));
        // those that had read the same cursor had to begin again
        assertThat(caravan.runs())
                .filteredOn(run -> run.pipeline().equals("events"))
                .hasSize(3)
                .anyMatch(run -> run.attempts() > 1);
    }

    @Test
    void readersSeeWholeTables() throws Exception {
        source.execute(
                "CREATE TABLE raw_data.whole AS SELECT n, repeat('x', 50) AS x FROM generate_series(1, 100000) AS n");
        caravan.copyRoute(
                "products-full-refresh",
                "whole",
                Map.of(
                        "SELECT audit_id, product_id, product_name, price_usd, operation, valid_ts",
                        "SELECT *",
                        "raw_data.products",
                        "raw_data.whole",
                        "PRODUCTS",
                        "WHOLE",
                        "cursor: valid_ts",
                        "allowEmpty: false"));
        assertThat(caravan.run("run", "whole").exit()).isZero();
        for (int replaces = 1; replaces <= 2; replaces++) {
            try (Background replace = caravan.start("replace", "run", "whole")) {
                do {
                    Result read = caravan.run(
                            "sql", "SELECT count(*) AS n FROM DLT.APPLICATION_DATA.WHOLE", "--output", "json");
                    assertThat(read.exit()).as(read.err()).isZero();
                    assertThat(read.json().at("/0/n").asLong()).isEqualTo(100_000);
                } while (replace.process().isAlive());
                assertThat(replace.await().exit()).isZero();
            }
        }
    }

    private static void awaitBegin(Background run) {
        await().atMost(Duration.ofMinutes(1)).until(() -> run.said("attempt 1 started"));
    }

    private List<String> states(String pipeline) throws Exception {
        return caravan.runs().stream()
                .filter(run -> run.pipeline().equals(pipeline))
                .map(LedgerRun::state)
                .toList();
    }
}
