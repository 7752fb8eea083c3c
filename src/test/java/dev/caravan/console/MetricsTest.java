package dev.caravan.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.console.TestConsole.Answer;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Quota;
import dev.caravan.run.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Prometheus scrapes. */
class MetricsTest {

    private static final String TOKEN = "operator-0123456789abcdef";

    @TempDir
    private Path directory;

    private TestConsole console;

    @BeforeEach
    void create() {
        console = new TestConsole(directory);
    }

    @AfterEach
    void stop() {
        console.close();
    }

    private static RouteBuilder routes() {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:good?cron=0 0 1 1 *")
                        .routeId("good")
                        .process(exchange -> Run.of(exchange).orElseThrow().addProgress(exchange, 3, 30));
                from("pipeline:bad?retries=1&retryDelay=1ms").routeId("bad").process(exchange -> {
                    throw new PermanentException("No rows");
                });
            }
        };
    }

    private String scrape() throws IOException {
        Answer answer = console.get("/observe/metrics");
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    private String url() {
        return "jdbc:sqlite:" + directory.resolve("ledger.db");
    }

    /** Runs pipelines in another process with the same ledger. */
    private void runElsewhere(String... pipelines) throws Exception {
        try (DefaultCamelContext other = new DefaultCamelContext()) {
            PipelineComponent component = new PipelineComponent();
            component.setLedgerUrl(url());
            other.addComponent("pipeline", component);
            other.addRoutes(routes());
            other.start();
            for (String pipeline : pipelines) {
                component.pipelines().run(pipeline, Map.of());
            }
        }
    }

    @Test
    void runsOfAllProcessesAreCounted() throws Exception {
        console.start(routes());
        assertThat(scrape())
                .contains("caravan_runs_total{pipeline=\"good\",state=\"completed\"} 0.0")
                .contains("caravan_runs_total{pipeline=\"bad\",state=\"failed\"} 0.0")
                .contains("caravan_active_runs{state=\"running\"} 0.0")
                .doesNotContain("caravan_last_success_timestamp_seconds{");

        runElsewhere("good", "good", "bad");
        console.pipelines().run("good", Map.of());
        assertThat(scrape())
                .contains("caravan_runs_total{pipeline=\"good\",state=\"completed\"} 3.0")
                .contains("caravan_runs_total{pipeline=\"good\",state=\"failed\"} 0.0")
                .contains("caravan_runs_total{pipeline=\"bad\",state=\"failed\"} 1.0")
                .contains("caravan_run_attempts_total{pipeline=\"bad\"} 1.0")
                .contains("caravan_loaded_rows_total{pipeline=\"good\"} 9.0")
                .contains("caravan_loaded_bytes_total{pipeline=\"good\"} 90.0")
                .contains("caravan_run_duration_seconds_count{pipeline=\"good\",state=\"completed\"} 3")
                .contains("caravan_last_success_timestamp_seconds{pipeline=\"good\"}")
                .contains("caravan_pipeline_paused{pipeline=\"good\"} 0.0")
                .contains("caravan_pipeline_overdue_seconds{pipeline=\"good\"} 0.0")
                .contains("caravan_run_places 8.0", "caravan_run_places_used 0.0", "caravan_ledger_up 1.0")
                .contains("process_resident_memory_bytes ", "jvm_memory_used_bytes{area=\"heap\"}");
    }

    @Test
    void whatIsLeftOfAQuotaIsTold() throws Exception {
        console.start(routes());
        console.pipelines()
                .ledger()
                .quotas()
                .save(List.of(new Quota("github", 4_711, 5_000L), new Quota("rates", 12, null)));
        assertThat(scrape())
                .contains("caravan_api_quota_remaining{api=\"github\"} 4711.0")
                .contains("caravan_api_quota_limit{api=\"github\"} 5000.0")
                .contains("caravan_api_quota_remaining{api=\"rates\"} 12.0")
                .contains("caravan_api_quota_timestamp_seconds{api=\"rates\"} ")
                .doesNotContain("caravan_api_quota_limit{api=\"rates\"}");
    }

    @Test
    void whatWasCountedSurvivesARestart() throws Exception {
        runElsewhere("good");
        console.start(routes());
        assertThat(scrape()).contains("caravan_runs_total{pipeline=\"good\",state=\"completed\"} 1.0");
    }

    @Test
    void namesAndFormatsAreThoseOfPrometheus() throws Exception {
        console.start(routes());
        runElsewhere("good");
        Answer text = console.get("/observe/metrics");
        assertThat(text.headers().get("content-type")).startsWith("text/plain; version=0.0.4");
        Set<String> typed = group(text.body(), "(?m)^# TYPE (\\S+) ");
        assertThat(typed)
                .isEqualTo(group(text.body(), "(?m)^# HELP (\\S+) \\S"))
                .allMatch(name -> name.matches("(caravan|jvm|process)_[a-z0-9_]+"));
        Answer open = console.get(
                "/observe/metrics", "Accept: application/openmetrics-text; version=1.0.0, text/plain;q=0.5");
        assertThat(open.headers().get("content-type")).startsWith("application/openmetrics-text");
        assertThat(open.body()).endsWith("# EOF\n");
    }

    private static Set<String> group(String text, String pattern) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map((MatchResult found) -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void everythingThatTheDashboardAndTheAlertRulesNameIsThere() throws Exception {
        console.start(routes(), new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:things?cron=0 0 1 1 *")
                        .routeId("things")
                        .setBody(constant("{\"id\": 1}"))
                        .step("load")
                        .to("warehouse:SHOP.PUBLIC.THINGS?mode=append");
            }
        });
        Ledger ledger = console.pipelines().ledger();
        console.pipelines().run("things", Map.of());
        ledger.quotas().save(List.of(new Quota("github", 4_711, 5_000L)));
        ledger.incidents().open("things", "failed", null, "x", "y");
        Jdbi.create(url()).useHandle(h -> {
            // as if it had run in a slot
            h.execute("UPDATE totals SET slots = 1, lateness = 250");
        });
        String scrape = scrape();
        Set<String> exposed = group(scrape, "(?m)^([a-z_]+)[{ ]");
        for (String file : List.of("grafana-dashboard.json", "prometheus-rules.yaml", "../monitoring.md")) {
            Set<String> named = group(
                    Files.readString(Path.of("docs/monitoring", file)), "\\b((?:caravan|process|jvm)_[a-z_]+[a-z])\\b");
            assertThat(named).as(file).hasSizeGreaterThan(10);
            assertThat(exposed).as(file).containsAll(named);
        }
        assertThat(scrape)
                .contains("caravan_table_last_load_timestamp_seconds{table=\"SHOP.PUBLIC.THINGS\"} ")
                .contains("caravan_run_lateness_seconds_sum{pipeline=\"things\"} 0.25");
        // what is exposed is documented
        String documented = Files.readString(Path.of("docs/monitoring.md"));
        assertThat(group(scrape, "(?m)^# TYPE (caravan_\\S+) "))
                .allMatch(name -> documented.contains(name.replaceFirst("_(used|awaited)$", "")));
    }

    @Test
    void withoutTheLedgerTheProcessIsStillSeen() throws Exception {
        console.start(routes());
        Jdbi.create(url()).useHandle(h -> h.execute("ALTER TABLE totals RENAME TO gone"));
        assertThat(scrape())
                .contains("caravan_ledger_up 0.0", "caravan_run_places 8.0", "process_resident_memory_bytes ")
                .doesNotContain("caravan_runs_total");
        Jdbi.create(url()).useHandle(h -> h.execute("ALTER TABLE gone RENAME TO totals"));
        assertThat(scrape()).contains("caravan_ledger_up 1.0", "caravan_runs_total");
    }

    @Test
    void aScraperSendsTheTokenAndUsesAnyAddress() throws Exception {
        console.with("console.token", TOKEN);
        console.start(routes());
        assertThat(console.get("/observe/metrics").status()).isEqualTo(401);
        assertThat(console.get("/observe/metrics", "Host: 10.1.2.3:8282", "Authorization: Bearer " + TOKEN)
                        .status())
                .isEqualTo(200);
        assertThat(console.get("/api/pipelines", "Host: 10.1.2.3:8282", "Authorization: Bearer " + TOKEN)
                        .status())
                .isEqualTo(421);
        assertThat(console.send("POST", "/observe/metrics", List.of("Authorization: Bearer " + TOKEN), "")
                        .status())
                .isIn(404, 405);
    }
}
