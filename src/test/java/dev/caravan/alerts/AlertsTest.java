package dev.caravan.alerts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.Incident;
import dev.caravan.pipeline.ledger.IncidentTable;
import dev.caravan.pipeline.ledger.QuotaTable;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Quota;
import dev.caravan.run.Run;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.WarehouseComponent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.quartz.QuartzComponent;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.quartz.Scheduler;

/** Incidents, and the messages about them through the shipped channels. */
class AlertsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private final Properties settings = new Properties();
    private final List<DefaultCamelContext> contexts = new ArrayList<>();
    private final AtomicReference<String> failure = new AtomicReference<>();
    private final AtomicLong rows = new AtomicLong(10);
    private final List<JsonNode> received = new CopyOnWriteArrayList<>();
    private final AtomicInteger status = new AtomicInteger(200);
    private HttpServer server;

    @BeforeEach
    void startReceiver() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            received.add(JSON.readTree(exchange.getRequestBody()));
            byte[] answer = "ok".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status.get(), answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        settings.setProperty("console.url", "http://127.0.0.1:8080/");
        settings.setProperty("alerts.log", "false");
    }

    @AfterEach
    void stop() {
        contexts.forEach(DefaultCamelContext::stop);
        server.stop(0);
    }

    private String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/services/T1/B2";
    }

    /** A process with the pipeline "shop". */
    private DefaultCamelContext process() throws Exception {
        return process(new PipelineComponent(), "0 0 1 1 *");
    }

    private DefaultCamelContext process(PipelineComponent component, String cron) throws Exception {
        DefaultCamelContext camel = new DefaultCamelContext();
        component.setLedgerUrl(url());
        camel.addComponent("pipeline", component);
        camel.getPropertiesComponent().setInitialProperties(settings);
        PluginHelper.getRoutesLoader(camel)
                .loadRoutes(ResourceHelper.resolveResource(camel, "file:routes/alerts.yaml"));
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?retries=0&cron=" + cron).routeId("shop").process(exchange -> {
                    Run.of(exchange).orElseThrow().addProgress(exchange, rows.get(), 0);
                    if (failure.get() != null) {
                        throw new PermanentException(failure.get());
                    }
                });
            }
        });
        camel.start();
        contexts.add(camel);
        return camel;
    }

    private String url() {
        return "jdbc:sqlite:" + directory.resolve("ledger.db");
    }

    private static Pipelines pipelines(DefaultCamelContext camel) {
        return camel.getComponent("pipeline", PipelineComponent.class).pipelines();
    }

    private static Alerts alerts(DefaultCamelContext camel) {
        return new Alerts(camel, pipelines(camel));
    }

    private static RunRecord run(DefaultCamelContext camel) {
        return pipelines(camel).run("shop", Map.of());
    }

    private static List<Incident> open(DefaultCamelContext camel) {
        return pipelines(camel).ledger().incidents().open();
    }

    private void awaitMessages(int count) throws InterruptedException {
        await().atMost(Duration.ofSeconds(60)).until(() -> received.size() >= count);
        assertThat(received).hasSize(count);
    }

    @Test
    void aFailureIsToldOnceAndItsResolutionToo() throws Exception {
        settings.setProperty("alerts.slack.url", address());
        DefaultCamelContext camel = process();
        Alerts alerts = alerts(camel);
        failure.set("Wrong login <admin>: password=secret1234");
        RunRecord run = run(camel);
        alerts.update();
        awaitMessages(1);
        String text = received.get(0).get("text").textValue();
        assertThat(text)
                .contains("shop failed: Run " + run.id() + " failed after 1 attempt: Wrong login &lt;admin&gt;")
                .contains("Fix: See caravan runs logs " + run.id() + "; once the cause is fixed: caravan runs retry")
                .contains("http://127.0.0.1:8080/runs/" + run.id())
                .doesNotContain("secret1234");

        // it fails again
        RunRecord next = run(camel);
        alerts.update();
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> assertThat(incident.run())
                .isEqualTo(next.id()));

        failure.set(null);
        run(camel);
        alerts.update();
        awaitMessages(2);
        assertThat(received.get(1).get("text").textValue()).startsWith("Resolved: shop failed");
        assertThat(open(camel)).isEmpty();
    }

    @Test
    void pagerDutyGetsATriggerAndItsResolution() throws Exception {
        settings.setProperty("alerts.pagerduty.key", "R0UTING");
        settings.setProperty("alerts.pagerduty.url", address());
        DefaultCamelContext camel = process();
        Alerts alerts = alerts(camel);
        failure.set("out of order");
        RunRecord run = run(camel);
        alerts.update();
        awaitMessages(1);
        failure.set(null);
        run(camel);
        alerts.update();
        awaitMessages(2);
        JsonNode trigger = received.get(0);
        assertThat(trigger.get("routing_key").textValue()).isEqualTo("R0UTING");
        assertThat(trigger.get("event_action").textValue()).isEqualTo("trigger");
        assertThat(trigger.at("/payload/summary").textValue()).startsWith("shop failed: Run " + run.id());
        assertThat(trigger.at("/payload/severity").textValue()).isEqualTo("error");
        assertThat(trigger.at("/payload/custom_details/fix").textValue()).contains("caravan runs retry");
        assertThat(received.get(1).get("event_action").textValue()).isEqualTo("resolve");
        assertThat(received.get(1).get("dedup_key")).isEqualTo(trigger.get("dedup_key"));
    }

    @Test
    void aMailHasTheCauseAndTheFix() throws Exception {
        try (SmtpServer smtp = new SmtpServer()) {
            settings.setProperty("alerts.mail.to", "ops@example.org,night@example.org");
            settings.setProperty("alerts.mail.from", "caravan@example.org");
            settings.setProperty("alerts.mail.host", "127.0.0.1");
            settings.setProperty("alerts.mail.port", Integer.toString(smtp.port()));
            DefaultCamelContext camel = process();
            failure.set("The table is locked");
            RunRecord run = run(camel);
            alerts(camel).update();
            await().atMost(Duration.ofSeconds(60)).until(() -> !smtp.mails().isEmpty());
            assertThat(smtp.mails())
                    .singleElement()
                    .asString()
                    .contains("RCPT TO:<ops@example.org>", "RCPT TO:<night@example.org>")
                    .contains("From: caravan@example.org")
                    .contains("Subject: shop failed: Run " + run.id())
                    .contains("Fix: See caravan runs logs " + run.id())
                    .contains("http://127.0.0.1:8080/runs/" + run.id());
        }
    }

    @Test
    void severalProcessesSendOneMessage() throws Exception {
        settings.setProperty("alerts.slack.url", address());
        DefaultCamelContext one = process();
        DefaultCamelContext two = process();
        failure.set("out of order");
        run(one);
        run(two);
        List<Alerts> both = List.of(alerts(one), alerts(two));
        both.parallelStream().forEach(Alerts::update);
        both.parallelStream().forEach(Alerts::update);
        awaitMessages(1);
        Thread.sleep(1_000);
        assertThat(received).hasSize(1);
    }

    @Test
    void duringMaintenanceNothingIsToldUntilItIsOver() throws Exception {
        settings.setProperty("alerts.slack.url", address());
        DefaultCamelContext camel = process();
        Alerts alerts = alerts(camel);
        IncidentTable incidents = pipelines(camel).ledger().incidents();
        incidents.mute("shop", Instant.now().minusSeconds(60), Instant.now().plusSeconds(3_600));
        failure.set("out of order");
        run(camel);
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> assertThat(incident.told())
                .isNull());
        assertThat(incidents.unmute("shop")).isEqualTo(1);
        alerts.update();
        awaitMessages(1);
        // a window that has not begun yet mutes nothing
        incidents.mute(
                IncidentTable.ALL, Instant.now().plusSeconds(60), Instant.now().plusSeconds(3_600));
        failure.set(null);
        run(camel);
        alerts.update();
        awaitMessages(2);
    }

    @Test
    void aReminderIsSentIfItIsWanted() throws Exception {
        settings.setProperty("alerts.slack.url", address());
        settings.setProperty("alerts.reminder", "1h");
        DefaultCamelContext camel = process();
        Alerts alerts = alerts(camel);
        failure.set("out of order");
        run(camel);
        alerts.update();
        awaitMessages(1);
        Jdbi.create(url()).useHandle(h -> h.execute("UPDATE incidents SET told = told - 3700000"));
        alerts.update();
        awaitMessages(2);
        assertThat(received.get(1).get("text").textValue()).startsWith("Still shop failed");
    }

    @Test
    void aSlotThatNobodyRunsIsOverdue() throws Exception {
        DefaultCamelContext camel = process();
        Alerts alerts = alerts(camel);
        alerts.update();
        assertThat(open(camel)).isEmpty();
        Jdbi.create(url())
                .useHandle(h -> h.execute(
                        "UPDATE pipelines SET since = ?",
                        Instant.now().minus(Duration.ofDays(370)).toEpochMilli()));
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> {
            assertThat(incident.cause()).isEqualTo("overdue");
            assertThat(incident.message()).matches("Slot \\d{4}-01-01T00:00:00Z is due and no process has run it");
        });
        // a pause is no incident
        pipelines(camel).pause("shop");
        alerts.update();
        assertThat(open(camel)).isEmpty();
    }

    @Tag("slow")
    @Test
    void aSchedulerThatHasDiedIsAnIncidentUntilItFires() throws Exception {
        settings.setProperty("alerts.slack.url", address());
        PipelineComponent component = new PipelineComponent();
        component.setSchedule(true);
        DefaultCamelContext camel = process(component, "*/5 * * * * ?");
        Alerts alerts = alerts(camel);
        alerts.update();
        assertThat(open(camel)).isEmpty();
        assertThat(ready(camel)).isTrue();
        Scheduler scheduler =
                camel.getComponent("quartz", QuartzComponent.class).getScheduler();
        scheduler.standby();
        // until the watchdog has looked twice
        await().atMost(Duration.ofMinutes(3))
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    alerts.update();
                    return !open(camel).isEmpty();
                });
        assertThat(open(camel)).singleElement().satisfies(incident -> {
            assertThat(incident.pipeline()).isEqualTo(IncidentTable.ALL);
            assertThat(incident.cause()).isEqualTo("scheduler");
            assertThat(incident.fix()).contains("Restart caravan serve");
        });
        assertThat(ready(camel)).isFalse();
        awaitMessages(1);
        scheduler.start();
        await().atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofSeconds(1))
                .until(() -> {
                    alerts.update();
                    return open(camel).isEmpty();
                });
        assertThat(ready(camel)).isTrue();
        awaitMessages(2);
    }

    private static boolean ready(DefaultCamelContext camel) {
        return HealthCheckHelper.isResultsUp(HealthCheckHelper.invokeReadiness(camel), true);
    }

    @Test
    void rowsOutsideOfWhatIsUsualAreAnIncident() throws Exception {
        settings.setProperty("alerts.rows-range", "50");
        settings.setProperty("alerts.rows-minimum.shop", "1");
        DefaultCamelContext camel = process();
        Alerts alerts = alerts(camel);
        for (int i = 0; i < 4; i++) {
            run(camel);
        }
        alerts.update();
        assertThat(open(camel)).isEmpty();
        rows.set(3);
        run(camel);
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> assertThat(incident.message())
                .matches("Run \\w+ loaded 3 rows, and the median of \\w+days is 10"));
        rows.set(0);
        run(camel);
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> assertThat(incident.message())
                .endsWith("loaded 0 rows, fewer than 1"));
        rows.set(10);
        run(camel);
        alerts.update();
        assertThat(open(camel)).isEmpty();
    }

    @Test
    void severalFailuresWithinATimeAreAnIncidentOfTheirOwn() throws Exception {
        settings.setProperty("alerts.failed.shop", "false");
        settings.setProperty("alerts.failures", "2 in 1h");
        DefaultCamelContext camel = process();
        Alerts alerts = alerts(camel);
        failure.set("out of order");
        run(camel);
        alerts.update();
        assertThat(open(camel)).isEmpty();
        run(camel);
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> assertThat(incident.message())
                .isEqualTo("2 runs have failed within 1h"));
    }

    @Test
    void aPipelineHasItsOwnNumberOfFailures() throws Exception {
        settings.setProperty("alerts.failed", "false");
        settings.setProperty("alerts.failures.shop", "1 in 10m");
        DefaultCamelContext camel = process();
        Alerts alerts = alerts(camel);
        failure.set("out of order");
        run(camel);
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> {
            assertThat(incident.pipeline()).isEqualTo("shop");
            assertThat(incident.message()).isEqualTo("1 runs have failed within 10m");
        });
        settings.setProperty("alerts.failures", "1 in 1h");
        settings.setProperty("alerts.failures.shop", "");
        alerts.update();
        assertThat(open(camel)).isEmpty();
    }

    @Test
    void aRunThatTakesMuchLongerThanUsualAndOneThatWaitsAreIncidents() throws Exception {
        settings.setProperty("alerts.duration-factor", "3");
        DefaultCamelContext camel = process();
        Alerts alerts = alerts(camel);
        for (int i = 0; i < 3; i++) {
            run(camel);
        }
        RunRecord last = run(camel);
        long longAgo = Instant.now().minus(Duration.ofHours(2)).toEpochMilli();
        // as if another process ran it
        String live =
                "UPDATE runs SET state = ?, started = ?, finished = NULL, created = ?, lease_until = ?, node = 'x:1/1'"
                        + " WHERE id = ?";
        long valid = Instant.now().plusSeconds(3_600).toEpochMilli();
        Jdbi.create(url()).useHandle(h -> h.execute(live, "running", longAgo, longAgo, valid, last.id()));
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> {
            assertThat(incident.cause()).isEqualTo("duration");
            assertThat(incident.message()).contains("more than 3.0 times the usual");
        });
        Jdbi.create(url()).useHandle(h -> h.execute(live, "scheduled", null, longAgo, valid, last.id()));
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> assertThat(incident.cause())
                .isEqualTo("stuck"));
    }

    @Test
    void aCrashIsAnIncidentUntilARunHasCompleted() throws Exception {
        DefaultCamelContext camel = process();
        Alerts alerts = alerts(camel);
        RunRecord last = run(camel);
        // as if its process had been killed; nobody takes over a run that was started by hand
        Jdbi.create(url())
                .useHandle(h -> h.execute(
                        "UPDATE runs SET state = 'running', finished = NULL, token = 'x', lease_until = 1, node = 'x:1/1'"
                                + " WHERE id = ?",
                        last.id()));
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> {
            assertThat(incident.cause()).isEqualTo("crashed");
            assertThat(incident.run()).isEqualTo(last.id());
            assertThat(incident.message())
                    .startsWith("Run " + last.id() + " crashed after 1 attempt: Its process, x:1,");
            assertThat(incident.fix()).contains("caravan runs retry " + last.id());
        });
        run(camel);
        alerts.update();
        assertThat(open(camel)).isEmpty();
    }

    @Test
    void aQuotaThatIsNearlySpentIsAnIncident() throws Exception {
        settings.setProperty("alerts.quota", "10%");
        settings.setProperty("alerts.quota.rates", "20");
        DefaultCamelContext camel = process();
        Alerts alerts = alerts(camel);
        QuotaTable quotas = pipelines(camel).ledger().quotas();
        quotas.save(List.of(
                new Quota("github", 500, 5_000L), new Quota("rates", 20, 1_000L), new Quota("untold", 1, null)));
        alerts.update();
        assertThat(open(camel)).isEmpty();
        quotas.save(List.of(new Quota("github", 499, 5_000L), new Quota("rates", 19, null)));
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> {
            assertThat(incident.pipeline()).isEqualTo(IncidentTable.ALL);
            assertThat(incident.cause()).isEqualTo("quota");
            assertThat(incident.message())
                    .matches("The quota is nearly spent: github has 499 requests left of 5000 \\(\\S+\\);"
                            + " rates has 19 requests left \\(\\S+\\)");
        });
        // long ago: it has been reset meanwhile, or nobody uses the API
        Jdbi.create(url()).useHandle(h -> h.execute("UPDATE quotas SET told = told - 3 * 86400000"));
        alerts.update();
        assertThat(open(camel)).isEmpty();
    }

    @Test
    void anInvalidQuotaRuleIsSaid() throws Exception {
        settings.setProperty("alerts.quota", "few");
        DefaultCamelContext camel = process();
        pipelines(camel).ledger().quotas().save(List.of(new Quota("github", 1, null)));
        assertThatThrownBy(alerts(camel)::update).hasMessageContaining("such as 10% or 100, not few");
    }

    /** Otherwise no rule would find anything. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "alerts.overdue | 5x | alerts.overdue must be a duration such as 10m, not '5x'",
                "alerts.freshness.SHOP.PUBLIC.THINGS | 1 | alerts.freshness.SHOP.PUBLIC.THINGS must be a duration",
                "alerts.failures.shop | often | alerts.failures.shop must be a number in a time, such as 3 in 24h",
                "alerts.rows-range | 10% | alerts.rows-range must be a number, not 10%",
                "alerts.failed.shop | no | alerts.failed.shop must be true or false, not no",
                "alerts.quota | few | alerts.quota must be a percentage or a number of requests"
            })
    void aServiceDoesNotStartWithARuleThatCannotBeRead(String setting, String value, String message) throws Exception {
        settings.setProperty(setting, value);
        DefaultCamelContext camel = process();
        assertThatThrownBy(() -> Alerts.validate(camel))
                .isInstanceOf(UsageException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void aSwitchCanBeInUpperCase() throws Exception {
        settings.setProperty("alerts.failed", "TRUE");
        settings.setProperty("alerts.crashed", "False");
        DefaultCamelContext camel = process();
        Alerts.validate(camel);
        failure.set("no rows");
        run(camel);
        alerts(camel).update();
        assertThat(open(camel)).singleElement().satisfies(incident -> assertThat(incident.cause())
                .isEqualTo("failed"));
    }

    @Test
    void aTableThatIsNotLoadedIsStale() throws Exception {
        settings.setProperty("alerts.freshness", "2h");
        settings.setProperty("alerts.freshness.SHOP.PUBLIC.OTHERS", "12h");
        settings.setProperty("alerts.freshness.SHOP.PUBLIC.OLD", "");
        DefaultCamelContext camel = process();
        addWarehouse(camel);
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                RouteDefinition route = from("pipeline:tables?retries=0").routeId("tables");
                for (String table : List.of("THINGS", "OTHERS", "OLD")) {
                    route.setBody(constant("{\"id\": 1}"))
                            .step(table)
                            .to("warehouse:SHOP.PUBLIC." + table + "?mode=append")
                            .end();
                }
            }
        });
        Alerts alerts = alerts(camel);
        pipelines(camel).run("tables", Map.of());
        run(camel);
        alerts.update();
        assertThat(open(camel)).isEmpty();
        Jdbi.create(url()).useHandle(h -> h.execute("UPDATE loaded_tables SET loaded = loaded - 3 * 3600000"));
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> {
            assertThat(incident.pipeline()).isEqualTo("tables");
            assertThat(incident.cause()).isEqualTo("freshness");
            assertThat(incident.message()).matches("SHOP.PUBLIC.THINGS was last loaded at \\S+");
        });
        // a pipeline that loads no table is as fresh as its last completed run
        Jdbi.create(url())
                .useHandle(h -> h.execute("UPDATE runs SET finished = finished - 3 * 3600000 WHERE pipeline = 'shop'"));
        pipelines(camel).run("tables", Map.of());
        alerts.update();
        assertThat(open(camel)).singleElement().satisfies(incident -> assertThat(incident.message())
                .matches("Its last run completed at \\S+"));
    }

    private void addWarehouse(DefaultCamelContext camel) {
        WarehouseComponent warehouse = new WarehouseComponent();
        warehouse.setDirectory(directory.resolve("warehouse").toString());
        camel.addComponent("warehouse", warehouse);
    }

    private final AtomicReference<String> row = new AtomicReference<>("{\"id\": 1}");

    /** A process with the pipeline "things", which loads the row. */
    private DefaultCamelContext loader() throws Exception {
        DefaultCamelContext camel = process();
        addWarehouse(camel);
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:things?retries=0")
                        .routeId("things")
                        .process(exchange -> exchange.getMessage().setBody(row.get()))
                        .step("load")
                        .to("warehouse:SHOP.PUBLIC.THINGS?mode=append");
            }
        });
        return camel;
    }

    @Test
    void aSchemaChangeIsToldOnce() throws Exception {
        settings.setProperty("alerts.schema-change", "true");
        settings.setProperty("alerts.slack.url", address());
        DefaultCamelContext camel = loader();
        Alerts alerts = alerts(camel);
        pipelines(camel).run("things", Map.of());
        alerts.update();
        row.set("{\"id\": 2, \"name\": \"x\"}");
        RunRecord second = pipelines(camel).run("things", Map.of());
        alerts.update();
        awaitMessages(1);
        assertThat(received.get(0).get("text").textValue())
                .startsWith("things schema-change: SHOP.PUBLIC.THINGS: ")
                .contains("name")
                .contains("http://127.0.0.1:8080/runs/" + second.id());
        alerts.update();
        assertThat(open(camel)).isEmpty();
        alerts.update();
        assertThat(open(camel)).isEmpty();
        Thread.sleep(1_000);
        assertThat(received).hasSize(1);
    }

    @Test
    void aSchemaChangeIsNotToldAgainOnceItsIncidentIsPruned() throws Exception {
        settings.setProperty("alerts.schema-change", "true");
        DefaultCamelContext camel = loader();
        camel.getComponent("pipeline", PipelineComponent.class)
                .setRunRetention(Duration.ofDays(1).toMillis());
        Alerts alerts = alerts(camel);
        pipelines(camel).run("things", Map.of());
        row.set("{\"id\": 2, \"name\": \"x\"}");
        pipelines(camel).run("things", Map.of());
        alerts.update();
        assertThat(open(camel)).hasSize(1);
        alerts.update();
        assertThat(open(camel)).isEmpty();
        Jdbi.create(url()).useHandle(h -> {
            h.execute("UPDATE schema_changes SET changed = changed - 2 * 86400000");
            h.execute("UPDATE incidents SET opened = opened - 2 * 86400000, closed = closed - 2 * 86400000");
        });
        pipelines(camel).ledger().prune(Duration.ofDays(1), Duration.ofDays(1));
        assertThat(pipelines(camel).ledger().incidents().since(Instant.EPOCH, 10))
                .isEmpty();
        alerts.update();
        assertThat(open(camel)).isEmpty();
    }

    /** As of a run by hand, or of a pod: the service was not there. */
    @Test
    void aSchemaChangeInAnotherProcessIsToldToo() throws Exception {
        settings.setProperty("alerts.schema-change.things", "true");
        settings.setProperty("alerts.slack.url", address());
        DefaultCamelContext other = loader();
        pipelines(other).run("things", Map.of());
        row.set("{\"id\": 2, \"name\": \"x\"}");
        pipelines(other).run("things", Map.of());
        row.set("{\"id\": 3, \"name\": \"x\", \"price\": 1}");
        pipelines(other).run("things", Map.of());
        other.stop();
        DefaultCamelContext camel = loader();
        run(camel); // only a process with runs delivers messages, unless it is a service
        List<Alerts> services = List.of(alerts(camel), alerts(camel));
        // muted: it is told when that is over
        IncidentTable incidents = pipelines(camel).ledger().incidents();
        incidents.mute("things", Instant.now().minusSeconds(60), Instant.now().plusSeconds(3_600));
        for (int i = 0; i < 3; i++) {
            services.forEach(Alerts::update);
        }
        incidents.unmute("things");
        for (int i = 0; i < 4; i++) {
            services.forEach(Alerts::update);
        }
        awaitMessages(2);
        assertThat(received)
                .extracting(message -> message.get("text").textValue())
                .satisfiesExactly(
                        text -> assertThat(text).contains("name").doesNotContain("price"),
                        text -> assertThat(text).contains("price").doesNotContain("name"));
        assertThat(open(camel)).isEmpty();
    }

    @Test
    void aTestShowsWhichChannelFails() throws Exception {
        settings.setProperty("alerts.log", "true");
        settings.setProperty("alerts.slack.url", address());
        status.set(404);
        Map<String, Exception> results = Alerts.test(process());
        assertThat(results).containsOnlyKeys("log", "slack");
        assertThat(results.get("log")).isNull();
        assertThat(results.get("slack")).hasMessageContaining("404");
        assertThat(received.get(0).get("text").textValue()).contains("This is a test");
    }
}
