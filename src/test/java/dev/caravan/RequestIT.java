package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.Installation.Background;
import dev.caravan.Installation.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that others ask for: another scheduler for a slot, somebody who does not wait for it. */
class RequestIT {

    private static final String SLOT = "2026-01-31T06:00:00Z";

    @TempDir
    private Path home;

    private Installation caravan;

    @BeforeEach
    void install() throws IOException {
        caravan = Installation.in(home).set(Map.of("console.enabled", "false"));
        route("");
    }

    /** A pipeline that appends one row. */
    private void route(String before) throws IOException {
        caravan.route(
                "orders",
                """
                - route:
                    id: orders
                    from:
                      uri: pipeline:orders
                      parameters:
                        cron: "0 6 * * *"
                        retries: 1
                        retryDelay: 1s
                      steps:
                        - step:
                            id: load
                            steps:
                              %s
                              - setBody:
                                  simple: '{"slot": "${variable.slot}"}'
                              - to: warehouse:DLT.REQUEST.ORDERS?mode=append
                """
                        .formatted(before));
    }

    private void delay(int millis) throws IOException {
        route("- delay: { expression: { constant: { expression: " + millis + " } } }");
    }

    private void fail(String message) throws IOException {
        route("- throwException: { exceptionType: java.lang.IllegalArgumentException, message: " + message + " }");
    }

    private static String[] trigger(String slot) {
        return new String[] {"run", "orders", "--slot", slot, "--output", "json"};
    }

    private void assertRows(long rows) throws Exception {
        assertThat(caravan.warehouse("DLT", "SELECT count(*), count(DISTINCT slot) FROM REQUEST.ORDERS"))
                .containsExactly(List.of(rows, rows));
    }

    @Test
    void aSlotThatIsTriggeredTwiceRunsOnceAndBothWaitForItsEnd() throws Exception {
        delay(3_000);
        try (Background first = caravan.start("first", trigger(SLOT));
                Background second = caravan.start("second", trigger(SLOT))) {
            Result one = first.await();
            Result other = second.await();
            assertThat(one.exit()).as(one.err()).isZero();
            assertThat(other.exit()).as(other.err()).isZero();
            assertThat(other.json().get("run")).isEqualTo(one.json().get("run"));
        }
        Result again = caravan.run(trigger(SLOT));
        assertThat(again.exit()).isZero();
        assertThat(again.json().get("attempts").asInt()).isEqualTo(1);
        Result last = caravan.run(trigger("last"));
        assertThat(last.exit()).as(last.err()).isZero();
        assertThat(last.json().get("run")).isNotEqualTo(again.json().get("run"));
        assertRows(2);
    }

    @Test
    void theNextTriggerContinuesARunWhoseProcessIsGoneAndThenRunsItsOwnSlot() throws Exception {
        assertThat(caravan.withJava("-Dcaravan.failpoint=warehouse.committed")
                        .run(trigger(SLOT))
                        .exit())
                .isEqualTo(137);
        Result next = caravan.run(trigger("2026-02-01T07:00:00+01:00"));
        assertThat(next.exit()).as(next.err()).isZero();
        assertThat(next.err()).contains("is taken over: Its process").contains("was committed by an earlier attempt");
        assertThat(caravan.ledger("SELECT state, attempts FROM runs ORDER BY slot"))
                .containsExactly(List.of("completed", 2L), List.of("completed", 1L));
        assertRows(2);
    }

    @Test
    void theExitCodeSaysWhetherToTryAgain() throws Exception {
        assertThat(caravan.run("pause", "orders").exit()).isZero();
        Result paused = caravan.run(trigger(SLOT));
        assertThat(paused.exit()).isZero();
        assertThat(paused.err()).contains("Pipeline orders is paused: nothing was run");
        assertThat(caravan.run("resume", "orders").exit()).isZero();

        fail("closed");
        Result failed = caravan.run(trigger(SLOT));
        assertThat(failed.exit()).isEqualTo(1);
        assertThat(failed.json().get("error").asText()).contains("closed");
        Result again = caravan.run(trigger(SLOT));
        assertThat(again.exit()).isEqualTo(1);
        assertThat(again.json().get("attempts")).isEqualTo(failed.json().get("attempts"));

        for (Map.Entry<String, String> wrong : Map.of(
                        "2026-01-31T06:30:00Z", "is not a slot of pipeline orders; the last one before is " + SLOT,
                        "2999-01-31T06:00:00Z", "is not due yet",
                        "yesterday", "write last, or a time such as")
                .entrySet()) {
            Result refused = caravan.run(trigger(wrong.getKey()));
            assertThat(refused.exit()).isEqualTo(2);
            assertThat(refused.err()).contains(wrong.getValue());
        }
        Result noCron = caravan.run("run", "products-full-refresh", "--slot", "last");
        assertThat(noCron.exit()).isEqualTo(2);
        assertThat(noCron.err()).contains("has no slots: it runs on demand only");
    }

    @Test
    void aServiceWithoutSchedulesExecutesWhatIsRequestedAndNoSlot() throws Exception {
        fail("closed");
        caravan.route(
                "often",
                """
                - route:
                    id: often
                    from:
                      uri: pipeline:often?cron=* * * * * ?
                      steps: [ log: "run" ]
                """);
        Result requested = caravan.run("run", "orders", "--detach", "--output", "json");
        assertThat(requested.exit()).isZero();
        assertThat(requested.err()).contains("No service is running: the run waits until caravan serve is started");
        assertThat(requested.json().get("state").asText()).isEqualTo("scheduled");
        String run = requested.json().get("run").asText();
        assertThat(show(run).get("waits_for").asText()).startsWith("a service: none is running");
        assertThat(caravan.run("nodes", "--output", "json").json()).isEmpty();
        try (Background serve = caravan.start("serve", "serve", "--no-schedule")) {
            awaitState(run, "failed");
            JsonNode node = caravan.run("nodes", "--output", "json").json().get(0);
            assertThat(node.get("kind").asText()).isEqualTo("service");
            assertThat(node.get("state").asText()).isEqualTo("running");
            assertThat(node.get("node").asText()).endsWith(":" + serve.process().pid());
            assertThat(node.get("places").asInt()).isEqualTo(8);
            assertThat(serve.said("Serving runs that are requested, without schedules"))
                    .isTrue();
            serve.process().destroy();
            serve.process().waitFor();
        }
        assertThat(caravan.run("nodes", "--output", "json").json())
                .as("it was stopped")
                .isEmpty();
        route("");
        Result retried = caravan.run("runs", "retry", run, "--detach", "--output", "json");
        assertThat(retried.exit()).isZero();
        assertThat(retried.err()).contains("No service is running");
        Result twice = caravan.run("runs", "retry", run, "--detach");
        assertThat(twice.exit()).isEqualTo(2);
        assertThat(twice.err()).contains("cannot be retried: it is scheduled");
        try (Background serve = caravan.start("again", "serve", "--no-schedule")) {
            awaitState(run, "completed");
            assertThat(show(run).get("waits_for").isNull()).isTrue();
            assertThat(serve.process().isAlive()).isTrue();
        }
        assertRows(1);
        assertThat(caravan.ledger("SELECT COUNT(*) FROM runs WHERE slot IS NOT NULL"))
                .containsExactly(List.of(0L));
    }

    @Test
    void aRunThatWaitsForAPlaceSaysSo() throws Exception {
        caravan.set(Map.of("camel.component.pipeline.maxConcurrentRuns", "1"));
        delay(60_000);
        String first = request("orders");
        try (Background serve = caravan.start("serve", "serve", "--no-schedule")) {
            awaitState(first, "running");
            String second = request("products-full-refresh");
            assertThat(show(second).get("waits_for").asText()).isEqualTo("a service with a free place");
            assertThat(serve.process().isAlive()).isTrue();
        }
    }

    private String request(String pipeline) {
        return caravan.run("run", pipeline, "--detach", "--output", "json")
                .json()
                .get("run")
                .asText();
    }

    private JsonNode show(String run) {
        return caravan.run("runs", "show", run, "--output", "json").json();
    }

    private void awaitState(String run, String state) {
        await().atMost(Duration.ofMinutes(2)).until(() -> caravan.runs().stream()
                .anyMatch(each -> each.id().equals(run) && each.state().equals(state)));
    }
}
