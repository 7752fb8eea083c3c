package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Installation.LedgerRun;
import dev.caravan.Installation.Result;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The process is gone at the worst moments, and its next run sets right what it has left, as does a retry of the run
 * that crashed: every row of the source is there once.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CrashIT {

    private static final int KILLED = 137;

    private Source source;
    private Installation caravan;
    private int backfilled;

    @BeforeAll
    void install(@TempDir Path directory) throws Exception {
        source = Source.in(directory.resolve("postgres"));
        source.execute(Events.TABLE);
        caravan = Installation.in(directory.resolve("home"))
                .set(Map.of("postgres.url", source.url()))
                .route("events", Events.ROUTE);
    }

    @AfterAll
    void stop() throws Exception {
        source.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"source.row@1500", "warehouse.commit", "warehouse.committed"})
    void mergeWithCursor(String failpoint) throws Exception {
        survives(
                failpoint,
                "products-daily",
                () -> Products.change(source, 2000),
                () -> Products.assertCopied(source, caravan));
    }

    @ParameterizedTest
    @ValueSource(strings = {"warehouse.commit", "warehouse.committed"})
    void replace(String failpoint) throws Exception {
        survives(
                failpoint,
                "products-full-refresh",
                () -> Products.change(source, 2000),
                () -> Products.assertCopied(source, caravan));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "source.row@1500",
                "warehouse.staging@2",
                "warehouse.staged",
                "warehouse.commit",
                "warehouse.committed",
                "ledger.finish"
            })
    void appendWithCursor(String failpoint) throws Exception {
        survives(failpoint, "events", () -> Events.add(source, 10_000), () -> Events.assertCopied(source, caravan));
    }

    @ParameterizedTest
    @CsvSource({
        "currencies-weekly, warehouse.commit, DLT, CURRENCIES, code, 161",
        "exchange-rates-daily, exchange-rates.put, SNOWPIPE, EXCHANGE_RATES WHERE date > '2026-09-20', date, 1"
    })
    void shippedPipelines(String pipeline, String failpoint, String database, String table, String key, long rows)
            throws Exception {
        String crashed = crash(failpoint, pipeline);
        completes("crashed", pipeline);
        retries(crashed);
        assertThat(caravan.warehouse(
                        database, "SELECT count(*), count(DISTINCT " + key + ") FROM OPEN_EXCHANGE_RATES." + table))
                .containsExactly(List.of(rows, rows));
    }

    @ParameterizedTest
    @ValueSource(strings = {"exchange-rates.put@2", "warehouse.committed", "ledger.finish"})
    void filesToWarehouse(String failpoint) throws Exception {
        backfilled += 2;
        String[] command = {
            "exchange-rates-backfill",
            "-p",
            "start_date=2026-09-01",
            "-p",
            "end_date=2026-09-%02d".formatted(backfilled)
        };
        String crashed = crash(failpoint, command);
        completes("crashed", command);
        List<List<Object>> days = new ArrayList<>();
        for (int day = 1; day <= backfilled; day++) {
            days.add(List.of("2026-09-%02d".formatted(day)));
        }
        String loaded = "SELECT CAST(date AS VARCHAR) FROM OPEN_EXCHANGE_RATES.EXCHANGE_RATES"
                + " WHERE date < '2026-09-20' ORDER BY 1";
        assertThat(caravan.warehouse("SNOWPIPE", loaded)).isEqualTo(days);
        retries(crashed);
        assertThat(caravan.warehouse("SNOWPIPE", loaded)).isEqualTo(days);
    }

    /** Camel's ids of such routes depend on what other routes there are. */
    @ParameterizedTest
    @ValueSource(strings = {"nameless", "template", "step"})
    void aRouteThatIsAddedBeforeTheRetryChangesNoLoad(String kind) throws Exception {
        caravan.route(
                "templates",
                """
                - routeTemplate:
                    id: copy
                    parameters: [ { name: table } ]
                    from:
                      uri: "pipeline:{{table}}"
                      steps:
                        - step:
                            id: load
                            steps:
                              - setBody: { constant: '[{"id":1},{"id":2}]' }
                              - to: { uri: "warehouse:DLT.CRASH.{{table}}", parameters: { mode: append } }
                """);
        caravan.route(kind, route(kind, kind));
        String crashed = crash("warehouse.committed", kind);
        caravan.route("a-" + kind, route(kind, "before_" + kind));
        assertThat(retries(crashed).err()).contains("was committed by an earlier attempt");
        assertThat(caravan.warehouse("DLT", "SELECT count(*) FROM CRASH." + kind))
                .containsExactly(List.of(2L));
        assertThat(caravan.ledger("SELECT DISTINCT id FROM steps WHERE run = '" + crashed + "'"))
                .containsExactly(List.of(kind.equals("step") ? "step1" : "load"));
    }

    private static String route(String kind, String table) {
        if (kind.equals("template")) {
            return "- templatedRoute: { routeTemplateRef: copy, parameters: [ { name: table, value: " + table
                    + " } ] }";
        }
        return """
                - from:
                    uri: pipeline:%1$s
                    steps:
                      - step:
                          %2$s
                          steps:
                            - setBody: { constant: '[{"id":1},{"id":2}]' }
                            - to: { uri: "warehouse:DLT.CRASH.%1$s", parameters: { mode: append } }
                """
                .formatted(table, kind.equals("step") ? "description: nameless too" : "id: load");
    }

    private interface Action {
        void go() throws Exception;
    }

    private void survives(String failpoint, String pipeline, Action sourceChanges, Action warehouseIsEqual)
            throws Exception {
        sourceChanges.go();
        String crashed = crash(failpoint, pipeline);
        if (failpoint.equals("warehouse.committed") || failpoint.equals("ledger.finish")) {
            warehouseIsEqual.go();
            sourceChanges.go();
            assertThat(retries(crashed).err()).contains("was committed by an earlier attempt");
            completes("completed", pipeline);
        } else {
            completes("crashed", pipeline);
            warehouseIsEqual.go();
            retries(crashed);
        }
        warehouseIsEqual.go();
    }

    /** Kills a run, and gives its id. */
    private String crash(String failpoint, String... command) throws Exception {
        Result result = caravan.withJava("-Dcaravan.failpoint=" + failpoint).run(run(command));
        assertThat(result.exit()).as(result.err()).isEqualTo(KILLED);
        return caravan.lastRun().id();
    }

    /** Runs once more, after which the ledger knows how the last two runs have ended. */
    private void completes(String before, String... command) throws Exception {
        Result result = caravan.run(run(command));
        assertThat(result.exit()).as(result.err()).isZero();
        List<LedgerRun> runs = caravan.runs();
        assertThat(runs.subList(runs.size() - 2, runs.size()))
                .extracting(LedgerRun::state)
                .containsExactly(before, "completed");
    }

    private static String[] run(String... command) {
        List<String> line = new ArrayList<>(List.of("run"));
        line.addAll(List.of(command));
        return line.toArray(String[]::new);
    }

    private Result retries(String run) throws Exception {
        Result result = caravan.run("runs", "retry", run, "--output", "json");
        assertThat(result.exit()).as(result.err()).isZero();
        assertThat(result.json().get("state").asText()).isEqualTo("completed");
        assertThat(result.json().get("attempts").asInt()).isEqualTo(2);
        assertThat(caravan.ledger("SELECT state FROM attempts WHERE run = '" + run + "' ORDER BY attempt"))
                .isEqualTo(List.of(List.of("crashed"), List.of("completed")));
        return result;
    }
}
