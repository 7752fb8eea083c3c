package dev.caravan.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.console.TestConsole.Answer;
import dev.caravan.pipeline.ledger.Incident;
import dev.caravan.pipeline.ledger.IncidentTable;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.routes.BrokenRoutes;
import dev.caravan.run.Day;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.builder.RouteBuilder;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The pages, their JSON, and what an operator does with them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConsoleTest {

    private static final String SCRIPT = "<script>alert(1)</script>";
    private static final Duration SOON = Duration.ofSeconds(60);

    private TestConsole console;
    private String failed;
    private String completed;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        console = new TestConsole(directory).start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:good?cron=0 6 * * *&tags=shop,daily")
                        .routeId("good")
                        .routeDescription("Loads " + SCRIPT)
                        .step("extract")
                        .log("Read " + SCRIPT + " rows")
                        .end()
                        .step("load")
                        .setBody(constant(java.util.List.of(Map.of("id", 1), Map.of("id", 2))))
                        .to("warehouse:SHOP.PUBLIC.THINGS?mode=replace")
                        .end();
                from("pipeline:bad?retries=0").routeId("bad").process(exchange -> {
                    throw new PermanentException("No rows: " + SCRIPT + " password=geheim123");
                });
                from("pipeline:again?retries=0&tags=again").routeId("again").process(exchange -> {
                    throw new PermanentException("Not yet");
                });
                from("pipeline:talking")
                        .routeId("talking")
                        .loop(1200)
                        .log("Line ${exchangeProperty.CamelLoopIndex}")
                        .end();
                from("pipeline:asking?param.day=date&param.note=string?")
                        .routeId("asking")
                        .log("Day ${variable.day}");
                from("pipeline:days?retries=0&param.start=date&param.end=date&param.force=boolean:false")
                        .routeId("days")
                        .process(exchange -> {
                            LocalDate first = exchange.getVariable("start", LocalDate.class);
                            Run run = Run.of(exchange).orElseThrow();
                            run.report(List.of(
                                    new Day("weather", first, Day.State.PRESENT, null),
                                    new Day("weather", first.plusDays(1), Day.State.NOT_AVAILABLE, "Holiday"),
                                    new Day("weather", first.plusDays(2), Day.State.FAILED, "No number: " + SCRIPT)));
                            throw new PermanentException("Too few requests left");
                        });
                from("direct:alert-chat").routeId("alert-chat").log("told");
                from("pipeline:evolving?param.wide=boolean")
                        .routeId("evolving")
                        .step("load")
                        .choice()
                        .when(simple("${variable.wide}"))
                        .setBody(constant(java.util.List.of(Map.of("id", 2, "name", "b", "price", 3))))
                        .otherwise()
                        .setBody(constant(java.util.List.of(Map.of("id", 1, "name", "a"))))
                        .end()
                        .to("warehouse:EVENTS.PUBLIC.SEEN?mode=append&cursor=id")
                        .end();
                from("pipeline:dynamic")
                        .routeId("dynamic")
                        .setVariable("table", constant("LATER"))
                        .setBody(constant(java.util.List.of(Map.of("id", 1))))
                        .toD("warehouse:EVENTS.PUBLIC.${variable.table}?mode=append");
                from("pipeline:waiting").routeId("waiting").process(exchange -> Thread.sleep(120_000));
            }
        });
        completed = console.pipelines().run("good", Map.of()).id();
        failed = console.pipelines().run("bad", Map.of()).id();
    }

    @AfterAll
    void stop() {
        console.close();
    }

    private Document page(String path) throws IOException {
        Answer answer = console.get(path);
        assertThat(answer.status()).as(path).isEqualTo(200);
        return answer.html();
    }

    private JsonNode json(String path) throws IOException {
        return new ObjectMapper().readTree(console.get(path).body());
    }

    @Test
    void homeShowsWhatNeedsAttentionWithItsCauseAndItsRetry() throws Exception {
        Document home = page("/");
        assertThat(home.title()).isEqualTo("Home · Caravan");
        assertThat(home.selectFirst("#attention").text())
                .contains("Failed after 1 attempt", "bad", failed, "No rows: " + SCRIPT, "Correct the cause")
                .contains("caravan runs retry " + failed);
        assertThat(home.select("form[action=/runs/" + failed + "/retry] button").text())
                .isEqualTo("Retry");
        assertThat(home.selectFirst("#slots").text()).contains("good");
        assertThat(home.selectFirst("#freshness").text()).contains("SHOP.PUBLIC.THINGS", "loaded");
        assertThat(json("/api/").at("/attention").toString()).contains("\"run\":\"" + failed);
    }

    @Test
    void pipelinesAreListedAndFiltered() throws Exception {
        assertThat(page("/pipelines").select("table.pipelines a.name").eachText())
                .containsExactly("again", "asking", "bad", "days", "dynamic", "evolving", "good", "talking", "waiting");
        assertThat(page("/pipelines?tag=shop").select("table.pipelines a.name").eachText())
                .containsExactly("good");
        assertThat(page("/pipelines?show=attention&q=-again+-days")
                        .select("table.pipelines a.name")
                        .eachText())
                .containsExactly("bad");
        assertThat(page("/pipelines?q=-again+-bad+-days+-talking&show=on-demand")
                        .select("table.pipelines a.name")
                        .eachText())
                .containsExactly("asking", "dynamic", "evolving", "waiting");
        JsonNode good = json("/api/pipelines?q=good").at("/pipelines/0");
        assertThat(good.at("/schedule").asText()).isEqualTo("at 06:00");
        assertThat(good.at("/last_run/state").asText()).isEqualTo("completed");
        assertThat(good.at("/last_run/rows").asInt()).isEqualTo(2);
    }

    @Test
    void pipelinesComeInPages() throws Exception {
        Document first = page("/pipelines?limit=3&show=on-demand");
        assertThat(first.select("table.pipelines a.name").eachText()).containsExactly("again", "asking", "bad");
        assertThat(first.select(".count").text()).isEqualTo("8 of 9 pipelines");
        String next = first.selectFirst("#list a[href*=after]").attr("href");
        assertThat(page(next).select("table.pipelines a.name").eachText())
                .containsExactly("days", "dynamic", "evolving", "talking", "waiting");
        assertThat(page(next).select("#list a[href*=after]")).isEmpty();
        JsonNode json = json("/api/pipelines?limit=1&after=good");
        assertThat(json.at("/pipelines/0/pipeline").asText()).isEqualTo("talking");
        assertThat(json.at("/pipelines").size()).isEqualTo(1);
        assertThat(json.at("/more").asBoolean()).isTrue();
        assertThat(json.at("/all").asInt()).isEqualTo(9);
    }

    @Test
    @Tag("slow")
    void aProgramThatKnowsNoPagesGetsAllPipelines(@TempDir Path directory) throws Exception {
        int all = PipelinesPage.PAGE + 1;
        try (TestConsole many = new TestConsole(directory).start(new RouteBuilder() {
            @Override
            public void configure() {
                for (int i = 0; i < all; i++) {
                    from("pipeline:p%03d".formatted(i)).log("Hello");
                }
            }
        })) {
            assertThat(many.get("/pipelines").html().select("table.pipelines a.name"))
                    .hasSize(PipelinesPage.PAGE);
            JsonNode json =
                    new ObjectMapper().readTree(many.get("/api/pipelines").body());
            assertThat(json.at("/pipelines").size()).isEqualTo(all);
            assertThat(json.at("/more").asBoolean()).isFalse();
            assertThat(json.at("/filter/limit").isNull()).isTrue();
            JsonNode rest = new ObjectMapper()
                    .readTree(many.get("/api/pipelines?after=p000").body());
            assertThat(rest.at("/pipelines").size()).isEqualTo(all - 1);
        }
    }

    @Test
    void theListHasAFormForTheParametersOfEachPipeline() throws Exception {
        Document list = page("/pipelines");
        Element asking = list.selectFirst("details form[action=/pipelines/asking/run]");
        assertThat(asking.select("label input").eachAttr("name")).containsExactly("p.day", "p.note");
        assertThat(asking.selectFirst("input[name=p.day]").hasAttr("required")).isTrue();
        assertThat(list.select("form[action=/pipelines/bad/run] button").text()).isEqualTo("Run");
        Answer refused = console.submit("/pipelines", "/pipelines/asking/run", "p.day=");
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.html().selectFirst("[role=alert]").text()).contains("day");
        assertThat(console.submit("/pipelines", "/pipelines/asking/run", "p.day=2026-02-01")
                        .status())
                .isEqualTo(303);
    }

    @Test
    void aPipelineShowsItsRunsBySteps() throws Exception {
        Document page = page("/pipelines/good");
        assertThat(page.select("table.grid tbody th").eachText()).containsExactly("extract", "load");
        assertThat(page.select("table.grid tbody .cell").eachAttr("title"))
                .anyMatch(title -> title.startsWith("load: completed") && title.endsWith("2 rows"));
        assertThat(page.select(".flow li").eachText()).containsExactly("extract", "loadwarehouse:SHOP.PUBLIC.THINGS");
        assertThat(console.get("/pipelines/none").status()).isEqualTo(404);
    }

    @Test
    void aRunShowsItsStepsErrorAndLog() throws Exception {
        Document page = page("/runs/" + completed);
        assertThat(page.select(".gantt .label").eachText()).containsExactly("Attempt 1", "extract", "load");
        assertThat(page.selectFirst("#log").text()).contains("Read " + SCRIPT + " rows");
        assertThat(page("/runs/" + failed).selectFirst("#why").text())
                .contains("No rows: " + SCRIPT, "Correct the cause");
        assertThat(console.get("/runs/none").status()).isEqualTo(404);
        assertThat(json("/api/runs/" + completed).at("/attempts/0/steps/1/rows").asInt())
                .isEqualTo(2);
    }

    @Test
    void aRunShowsWhatItHasLoaded() throws Exception {
        Document page = page("/runs/" + completed);
        assertThat(page.selectFirst("#loads").text())
                .contains("SHOP.PUBLIC.THINGS", "create the table", "replace", "2 inserted", completed + "/good/load");
        assertThat(page("/runs/" + failed).selectFirst("#loads").text()).contains("It has committed no load");
        JsonNode load = json("/api/runs/" + completed).at("/loads/0");
        assertThat(load.at("/table").asText()).isEqualTo("SHOP.PUBLIC.THINGS");
        assertThat(load.at("/inserted").asInt()).isEqualTo(2);
        assertThat(load.at("/changes/0").asText()).isEqualTo("create the table");
    }

    @Test
    void theLogOfARunIsSearched() throws Exception {
        String run = console.pipelines().run("talking", Map.of()).id();
        Document found = page("/runs/" + run + "?text=LINE+77");
        assertThat(found.select("#log p span").eachText())
                .hasSize(11)
                .contains("Line 77", "Line 779")
                .doesNotContain("Line 78");
        assertThat(found.selectFirst("#h-log").text()).contains("11 matching lines of");
        assertThat(found.selectFirst("#log").hasAttr("data-stream")).isFalse();
        assertThat(page("/runs/" + run + "?text=line").selectFirst("#h-log").text())
                .contains("the first 1,000 matching lines");
        assertThat(page("/runs/" + run + "?level=error").select("#log p")).isEmpty();
        assertThat(console.get("/runs/" + run + "?level=loud").status()).isEqualTo(400);
    }

    @Test
    void aPipelineShowsItsTablesWithColumnsCursorAndHistory() throws Exception {
        Document page = page("/pipelines/evolving");
        assertThat(page.selectFirst("#tables").text()).contains("EVENTS.PUBLIC.SEEN", "Not loaded");
        console.pipelines().run("evolving", Map.of("wide", "false"));
        String second =
                console.pipelines().run("evolving", Map.of("wide", "true")).id();

        page = page("/pipelines/evolving");
        assertThat(page.select("#tables .facts").text()).contains(second, "id = 2");
        assertThat(page.select("#tables .columns-list tbody tr").eachText())
                .containsExactlyInAnyOrder("id INTEGER", "name TEXT", "price INTEGER")
                .last()
                .isEqualTo("price INTEGER");
        assertThat(page.select("#tables .history li .wrap").eachText())
                .containsExactly("add price INTEGER", "create the table");
        JsonNode table = json("/api/pipelines/evolving").at("/tables/0");
        assertThat(table.at("/cursor").asText()).isEqualTo("2");
        assertThat(table.at("/columns/price").asText()).isEqualTo("INTEGER");
        assertThat(table.at("/changes/0/run").asText()).isEqualTo(second);
        // one that is known only from its loads
        console.pipelines().run("dynamic", Map.of());
        assertThat(page("/pipelines/dynamic").selectFirst("#tables h3").text()).isEqualTo("EVENTS.PUBLIC.LATER");
    }

    @Test
    void aScheduledPipelineShowsItsSlotsByDayAndTheCostOfAMonth() throws Exception {
        Document page = page("/pipelines/good?month=2040-02");
        assertThat(page.select("#calendar td.day").eachText()).hasSize(29);
        assertThat(page.select("#calendar tbody tr")).hasSize(5);
        assertThat(page.select("#calendar td[title]").eachAttr("title")).contains("29 Feb: 1 due");
        assertThat(page("/pipelines/good?month=2020-01")
                        .select("#calendar td[title]")
                        .eachAttr("title"))
                .contains("31 Jan: no slot");
        assertThat(console.get("/pipelines/good?month=13").status()).isEqualTo(400);
        assertThat(page.selectFirst("#cost").text()).contains("No estimate: ", "cost.");
        assertThat(json("/api/pipelines/good").at("/calendar/days/0/slots").isObject())
                .isTrue();
        assertThat(page("/pipelines/bad").select("#calendar, #cost")).isEmpty();
    }

    @Test
    void theWholeLogComesInBlocksOrAsText() throws Exception {
        String run = console.pipelines().run("talking", Map.of()).id();
        Document page = page("/runs/" + run + "/log");
        assertThat(page.select("#log .block")).hasSizeBetween(3, 4);
        assertThat(page.select("#log p").size()).isGreaterThan(1200);
        assertThat(page.select("#log p").get(1200).text()).contains("Line ");
        assertThat(page.select("main").size()).isOne();
        assertThat(console.get("/runs/" + run + "/log.txt").body()).contains("Line 1199");
        assertThat(page("/runs/" + run).selectFirst("#h-log").text()).contains("last 200 of");
    }

    @Test
    void aLogIsFollowedUntilTheRunHasEnded() throws Exception {
        String run = console.pipelines().run("talking", Map.of()).id();
        Answer events = console.get("/api/runs/" + run + "/log/stream?after=1190");
        assertThat(events.headers()).containsEntry("content-type", "text/event-stream");
        assertThat(events.body())
                .contains("event: lines", "Line 1199", "event: end")
                .doesNotContain("Line 1180");
    }

    /** The browser says what it has when it comes back after the connection was lost. */
    @Test
    void aLogThatIsFollowedAgainRepeatsNoLine() throws Exception {
        String run = console.pipelines().run("talking", Map.of()).id();
        Answer events = console.get("/api/runs/" + run + "/log/stream?after=0");
        String last = events.body()
                .lines()
                .filter(line -> line.startsWith("id: "))
                .reduce((one, other) -> other)
                .orElseThrow()
                .replace("id: ", "");
        assertThat(Integer.parseInt(last)).isGreaterThan(1200);
        assertThat(console.get("/api/runs/" + run + "/log/stream?after=0", "Last-Event-ID: 1195")
                        .body())
                .contains("Line 1199")
                .doesNotContain("Line 1190");
        assertThat(console.get("/api/runs/unknown/log/stream").body()).contains("event: end");
    }

    @Test
    void runsAreFilteredByStateAndPipeline() throws Exception {
        assertThat(page("/runs?state=failed,crashed&pipeline=bad")
                        .select("tbody a.mono")
                        .eachText())
                .containsExactly(failed);
        assertThat(console.get("/runs?state=none").status()).isEqualTo(400);
        assertThat(console.get("/runs?since=yesterday").html().text()).contains("Invalid time yesterday");
    }

    /** What sources and users write is text, wherever it appears, and secrets in it are masked. */
    @Test
    void textOfOthersIsNeverMarkup() throws Exception {
        for (String path : new String[] {
            "/",
            "/pipelines",
            "/pipelines/good",
            "/pipelines/bad",
            "/runs",
            "/runs/" + failed,
            "/runs/" + completed,
            "/pipelines?q=" + "%3Cscript%3Ealert(1)%3C/script%3E",
            "/runs?pipeline=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
            "/login?to=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
        }) {
            Document page = page(path);
            assertThat(page.select("script:not([src])")).as(path).isEmpty();
            assertThat(page.select("[onclick], [onerror], [style]")).as(path).isEmpty();
            assertThat(page.html()).as(path).doesNotContain("geheim123");
        }
    }

    @Test
    void aRunIsStartedWithParametersFromTheForm() throws Exception {
        Answer refused = console.submit("/pipelines/asking", "/pipelines/asking/run", "p.day=31+January&p.note=a%26b");
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.html().selectFirst("[role=alert]").text()).contains("day", "must be a date");
        assertThat(refused.html().selectFirst("input[name=p.note]").val()).isEqualTo("a&b");

        Answer started = console.submit("/pipelines/asking", "/pipelines/asking/run", "p.day=2026-01-31&p.note=a%26b");
        assertThat(started.status()).isEqualTo(303);
        String run = started.headers().get("location").replace("/runs/", "");
        await().atMost(SOON)
                .until(() -> console.pipelines().ledger().history().get(run).state() == RunState.COMPLETED);
        assertThat(console.pipelines().ledger().history().get(run).parameters())
                .isEqualTo(Map.of("day", "2026-01-31", "note", "a&b"));
        assertThat(page("/runs/" + run).text()).contains("caravan run asking -p day=2026-01-31 -p 'note=a&b'");
    }

    @Test
    void aRunIsRetriedAndCancelled() throws Exception {
        String run = console.submit("/pipelines/waiting", "/pipelines/waiting/run", "")
                .headers()
                .get("location")
                .replace("/runs/", "");
        await().atMost(SOON)
                .until(() -> console.pipelines().ledger().history().get(run).state() == RunState.RUNNING);
        assertThat(page("/").selectFirst("#running").text()).contains("waiting", run);
        assertThat(console.submit("/runs/" + run, "/runs/" + run + "/cancel", "")
                        .status())
                .isEqualTo(303);
        await().atMost(SOON)
                .until(() -> console.pipelines().ledger().history().get(run).state() == RunState.CANCELLED);

        String retried = console.pipelines().run("again", Map.of()).id();
        assertThat(console.submit("/runs/" + retried, "/runs/" + retried + "/retry", "")
                        .status())
                .isEqualTo(303);
        await().atMost(SOON)
                .until(() -> console.pipelines()
                                        .ledger()
                                        .history()
                                        .attempts(retried)
                                        .size()
                                == 2
                        && console.pipelines().ledger().history().get(retried).state() == RunState.FAILED);
        assertThat(console.submit("/", "/runs/" + completed + "/retry", "")
                        .html()
                        .text())
                .contains("cannot be retried: it is completed");
    }

    @Test
    void aPipelineIsPausedAndResumed() throws Exception {
        Answer paused = console.submit("/pipelines/good", "/pipelines/good/pause", "");
        assertThat(paused.headers()).containsEntry("location", "/pipelines/good");
        assertThat(console.pipelines().get("good").paused()).isTrue();
        assertThat(page("/pipelines/good").select(".actions button").eachText()).contains("Resume");
        assertThat(console.get("/observe/health/ready").status()).isEqualTo(200);
        console.submit("/pipelines/good", "/pipelines/good/resume", "");
        assertThat(console.pipelines().get("good").paused()).isFalse();
    }

    @Test
    void logsOfAllRunsAreSearched() throws Exception {
        Document found = page("/logs?text=no+rows&level=error&pipeline=bad");
        assertThat(found.select(".log p a").eachText()).contains(failed);
        assertThat(found.select(".log p").text()).contains("No rows: " + SCRIPT).doesNotContain("geheim123");
        assertThat(page("/logs?text=nowhere").text()).contains("No line matches");
        assertThat(json("/api/logs?text=read&pipeline=good").at("/lines/0/run").asText())
                .isEqualTo(completed);
        assertThat(console.get("/logs?level=loud").status()).isEqualTo(400);
    }

    @Test
    void theWarehouseIsQueried() throws Exception {
        Answer answer = console.submit("/sql", "/sql", "sql=SELECT+id+FROM+SHOP.PUBLIC.THINGS+ORDER+BY+id");
        assertThat(answer.html().select("th").eachText()).containsExactly("id");
        assertThat(answer.html().select("td").eachText()).containsExactly("1", "2");
        Answer refused = console.submit("/sql", "/sql", "sql=DELETE+FROM+SHOP.PUBLIC.THINGS");
        assertThat(refused.status()).isEqualTo(422);
        Answer still = console.submit("/sql", "/sql", "sql=SELECT+COUNT(*)+FROM+SHOP.PUBLIC.THINGS");
        assertThat(still.html().select("td").eachText()).containsExactly("2");
        assertThat(console.get("/sql?sql=SELECT+1").html().select("td")).isEmpty();
    }

    @Test
    void aQueryThatTakesTooLongIsCancelledAndReleasesTheFiles() {
        Data data = new Data(console.camel, console.pipelines(), BrokenRoutes.of(console.camel));
        assertThatThrownBy(() -> SqlPage.of(
                        data,
                        "SELECT COUNT(*) FROM range(100000000) a, range(1000000) b WHERE a.range % 7 = b.range % 5",
                        Duration.ofSeconds(1)))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("longer than 1 s");
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(SqlPage.of(data, "SELECT COUNT(*) FROM SHOP.PUBLIC.THINGS", Duration.ofSeconds(60))
                        .rows())
                .containsExactly(List.of("2"));
    }

    @Test
    void incidentsAreShownAndMuted() throws Exception {
        IncidentTable incidents = console.pipelines().ledger().incidents();
        incidents.open("bad", "failed", failed, "Run " + failed + " failed: " + SCRIPT, "Correct the route");
        incidents.open("again", "stuck", null, "It waits", "Stop another one");
        Map<String, Incident> open = new HashMap<>();
        incidents.open().forEach(incident -> open.put(incident.pipeline(), incident));
        incidents.tell(open.get("bad"), "opened", "{}", List.of("direct:alert-chat"));
        incidents.close(open.get("again"), "resolved", "{}", List.of());

        Document page = page("/alerts");
        assertThat(page.select("script:not([src])")).isEmpty();
        assertThat(page.selectFirst("#open").text())
                .contains("failed", "bad", failed, SCRIPT, "Correct the route", "Told to chat");
        assertThat(page.selectFirst("#past").text()).contains("stuck", "again", "It waits", "nobody");
        assertThat(page.selectFirst("[aria-labelledby=h-rules]").text()).contains("overdue 5m", "freshness off");

        Answer muted = console.submit("/alerts", "/alerts/mute", "pipeline=bad&for=2h");
        assertThat(muted.headers()).containsEntry("location", "/alerts");
        assertThat(incidents.muted()).containsExactly("bad");
        assertThat(page("/alerts").selectFirst("#open").text()).contains("muted");
        assertThat(post("/api/alerts/unmute", "{\"pipeline\": \"bad\"}").body()).contains("are sent again");
        assertThat(incidents.muted()).isEmpty();
        assertThat(post("/api/alerts/mute", "{\"pipeline\": \"none\", \"for\": \"2h\"}")
                        .status())
                .isEqualTo(404);
        assertThat(post("/api/alerts/mute", "{\"pipeline\": \"bad\", \"for\": \"long\"}")
                        .body())
                .contains("such as");
    }

    @Test
    void daysAreShownAndLoaded() throws Exception {
        Document before = page("/backfill?pipeline=days&start=2026-03-01&end=2026-03-31");
        assertThat(before.select(".month caption").eachText()).containsExactly("March 2026");
        assertThat(before.select(".month .day.s-missing")).hasSize(31);
        assertThat(before.select(".month tbody tr").first().select("td")).hasSize(7);

        Answer started = console.submit(
                "/backfill?pipeline=days", "/backfill", "pipeline=days&start=2026-03-02&end=2026-03-06&p.force=true");
        assertThat(started.headers())
                .containsEntry("location", "/backfill?pipeline=days&start=2026-03-02&end=2026-03-06");
        await().atMost(SOON).until(() -> json("/api/backfill?pipeline=days&start=2026-03-02&end=2026-03-06")
                .at("/runs/0/state")
                .asText()
                .equals("failed"));
        JsonNode after = json("/api/backfill?pipeline=days&start=2026-03-01&end=2026-03-07");
        assertThat(after.findValuesAsText("day"))
                .startsWith("2026-03-01", "2026-03-02")
                .endsWith("2026-03-07");
        assertThat(after.path("days").findValuesAsText("state"))
                .containsExactly("missing", "present", "not_available", "failed", "failed", "failed", "missing");
        assertThat(after.path("to_load").asInt()).isEqualTo(5);
        assertThat(after.at("/runs/0/parameters/force").asText()).isEqualTo("true");
        String run = after.at("/runs/0/run").asText();

        Document page = page("/backfill?pipeline=days&start=2026-03-01&end=2026-03-07");
        assertThat(page.select(".day.s-skipped").attr("title")).contains("2026-03-03: not available. Holiday");
        assertThat(page.select(".day.s-failed").eachAttr("title"))
                .anyMatch(title -> title.contains(SCRIPT))
                .anyMatch(title -> title.contains("Too few requests left"));
        assertThat(page.select("script:not([src])")).isEmpty();
        assertThat(page.select("form[action=/runs/" + run + "/retry] button").text())
                .isEqualTo("Resume");
        assertThat(page.text()).contains("caravan run days -p start=2026-03-01 -p end=2026-03-07");

        Answer refused =
                console.submit("/backfill?pipeline=days", "/backfill", "pipeline=days&start=March&end=2026-03-06");
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.html().selectFirst("[role=alert]").text()).contains("start", "must be a date");
        assertThat(console.get("/backfill?pipeline=good").status()).isEqualTo(404);
        assertThat(console.get("/backfill?start=2026-03-07&end=2026-03-01").status())
                .isEqualTo(400);
        assertThat(console.get("/backfill?start=1999-01-01").status()).isEqualTo(400);
    }

    @Test
    void eachPageLinksToItsJson() throws Exception {
        for (String path : List.of("/", "/pipelines/good", "/runs/" + completed + "/log", "/alerts", "/logs?text=a")) {
            String json = page(path).select(".foot a").attr("href");
            assertThat(console.get(json).headers()).as(path).containsEntry("content-type", "application/json");
        }
        assertThat(page("/sql").select(".foot a")).isEmpty();
        assertThat(console.get("/pipelines/none").html().select(".foot a")).isEmpty();
    }

    @Test
    void nodesAreListed() throws Exception {
        assertThat(page("/nodes").text()).contains("Nodes");
        assertThat(json("/api/nodes").at("/nodes").isArray()).isTrue();
    }

    private Answer post(String path, String json) throws IOException {
        return console.send("POST", path, List.of("Content-Type: application/json"), json);
    }

    @Test
    void aProgramRunsAPipelineWithParameters() throws Exception {
        Answer started = post("/api/pipelines/asking/run", "{\"parameters\": {\"day\": \"2026-02-01\", \"note\": 5}}");
        String run = new ObjectMapper().readTree(started.body()).path("run").asText();
        await().atMost(SOON)
                .until(() -> console.pipelines().ledger().history().get(run).state() == RunState.COMPLETED);
        assertThat(console.pipelines().ledger().history().get(run).parameters())
                .isEqualTo(Map.of("day", "2026-02-01", "note", "5"));
        assertThat(post("/api/pipelines/asking/run", "{}").body()).contains("day");
        assertThat(post("/api/pipelines/asking/run", "{\"parameters\": {\"day\": \"2026-02-01\", \"x\": 1}}")
                        .status())
                .isEqualTo(400);
        for (String unclear :
                List.of("{\"parameters\": {\"day\": \"2026-02-01\"}, \"note\": \"x\"}", "{\"parameters\": [\"x\"]}")) {
            assertThat(post("/api/pipelines/asking/run", unclear).status())
                    .as(unclear)
                    .isEqualTo(400);
        }
        assertThat(post("/api/pipelines/none/run", "{}").status()).isEqualTo(404);
        assertThat(post("/api/pipelines/asking/run", "[1]").status()).isEqualTo(400);
    }

    @Test
    void aProgramQueriesTheWarehouse() throws Exception {
        Answer answer = post("/api/sql", "{\"sql\": \"SELECT id FROM SHOP.PUBLIC.THINGS ORDER BY id\"}");
        assertThat(new ObjectMapper().readTree(answer.body()).path("rows").toString())
                .isEqualTo("[[\"1\"],[\"2\"]]");
        assertThat(post("/api/sql", "{\"sql\": \"DELETE FROM SHOP.PUBLIC.THINGS\"}")
                        .status())
                .isEqualTo(422);
    }

    @Test
    void aProgramActsByJson() throws Exception {
        Answer answer = console.send(
                "POST", "/api/pipelines/good/pause", java.util.List.of("Content-Type: application/json"), "{}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).contains("good is paused");
        assertThat(console.send(
                                "POST",
                                "/api/pipelines/good/resume",
                                java.util.List.of("Content-Type: application/json"),
                                "{}")
                        .status())
                .isEqualTo(200);
    }
}
