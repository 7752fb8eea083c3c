package dev.caravan.api;

import static dev.caravan.api.PagedServer.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.api.PagedServer.Answer;
import dev.caravan.api.PagedServer.Call;
import dev.caravan.pipeline.ledger.QuotaTable.KnownQuota;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.Quota;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How fast, how long and how much: what the API asks for, and what the settings allow. */
@Timeout(120)
class LimitsTest {

    private static final String EXTRACT = "- to: { uri: \"api:shop/items\", parameters: { paging: page } }\n";
    private static final String LOAD =
            EXTRACT + "- to: { uri: \"warehouse:SHOP.PUBLIC.ITEMS\", parameters: { mode: replace } }";

    @TempDir
    Path directory;

    private final AtomicInteger calls = new AtomicInteger();
    private PagedServer server;

    @BeforeEach
    void start() throws IOException {
        server = new PagedServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RunRecord run(Map<String, String> settings) throws Exception {
        try (ApiApp app = new ApiApp(directory, server.url(), settings, LOAD)) {
            return app.run();
        }
    }

    private static Answer fivePages(Call call) {
        return ok(call.number("page", 1) > 5 ? "[]" : "[{\"id\": " + call.number("page", 1) + "}]");
    }

    private void waits(int status, BiConsumer<Call, Instant> refusal) throws Exception {
        AtomicReference<Instant> until = new AtomicReference<>();
        AtomicReference<Instant> second = new AtomicReference<>();
        server.on("/items", call -> {
            if (calls.incrementAndGet() == 1) {
                until.set(Instant.now().plusSeconds(2).truncatedTo(ChronoUnit.SECONDS));
                refusal.accept(call, until.get());
                return new Answer(status, "{\"message\": \"slow down\"}");
            }
            second.compareAndSet(null, Instant.now());
            return fivePages(call);
        });
        RunRecord run = run(Map.of());
        assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
        assertThat(run.attempts()).isEqualTo(1);
        assertThat(second.get()).isAfterOrEqualTo(until.get().minusMillis(100));
    }

    @Test
    void aDateInRetryAfterIsWaitedFor() throws Exception {
        waits(
                503,
                (call, until) -> call.set(
                        "Retry-After", DateTimeFormatter.RFC_1123_DATE_TIME.format(until.atOffset(ZoneOffset.UTC))));
    }

    /** The run itself is tried again then; until then it holds no permit, and nothing is requested. */
    @Test
    void whatIsLongerThanAMinuteIsLeftToTheRun() throws Exception {
        server.on(
                "/items",
                call -> new Answer(
                        429,
                        "{\"message\": \"" + call.set("Retry-After", "3000").path() + "\"}"));
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), LOAD)) {
            CompletableFuture<RunRecord> running = CompletableFuture.supplyAsync(app::run);
            await().atMost(Duration.ofSeconds(60)).until(() -> app.pipelines().ledger().history().last("rows").stream()
                    .anyMatch(run -> run.state() == RunState.RETRYING));
            RunRecord run = app.pipelines().ledger().history().last("rows").orElseThrow();
            app.pipelines().cancel(run.id());
            assertThat(running.get(60, TimeUnit.SECONDS).state()).isEqualTo(RunState.CANCELLED);
            assertThat(app.log(run)).anyMatch(line -> line.contains("attempt 1 failed, retry in 3000.0 s"));
        }
        assertThat(server.calls).hasSize(1);
    }

    /** As GitHub does: what exceeds the quota is forbidden until a time. */
    @Test
    void theEndOfAUsedUpQuotaIsWaitedFor() throws Exception {
        waits(403, (call, until) -> call.set("X-RateLimit-Remaining", "0")
                .set("X-RateLimit-Reset", String.valueOf(until.getEpochSecond())));
    }

    /** The time at which a quota is renewed says nothing about a failure that is not the quota's. */
    @Test
    void aFailureWithQuotaLeftIsTriedAgainSoon() throws Exception {
        server.on(
                "/items",
                call -> calls.incrementAndGet() == 1
                        ? new Answer(503, set(call, Instant.now().plusSeconds(3_000)))
                        : fivePages(call));
        RunRecord run = run(Map.of());
        assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
        assertThat(run.attempts()).isEqualTo(1);
    }

    private static String set(Call call, Instant reset) {
        call.set("X-RateLimit-Remaining", "4999").set("X-RateLimit-Reset", String.valueOf(reset.getEpochSecond()));
        return "{}";
    }

    @Test
    void whatIsLeftOfTheQuotaIsInTheLogAndForAllProcessesInTheLedger() throws Exception {
        server.on(
                "/items",
                call -> fivePages(call.set("X-RateLimit-Remaining", String.valueOf(4716 - calls.getAndIncrement()))
                        .set("X-RateLimit-Limit", "5000")));
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), LOAD)) {
            assertThat(app.log(app.run()))
                    .contains("api:shop/items: 5 rows on 6 pages; 4711 requests are left of the API's quota");
            assertThat(app.pipelines().ledger().quotas().list())
                    .extracting(KnownQuota::quota)
                    .containsExactly(new Quota("shop", 4711, 5000L));
        }
    }

    /** Both pipelines together: 12 requests, of which each but the first one waits. */
    @Test
    void theRateIsThatOfAllPipelines() throws Exception {
        server.on("/items", LimitsTest::fivePages);
        try (ApiApp app = new ApiApp(
                directory,
                server.url(),
                Map.of("requestsPerSecond", "20"),
                Map.of("rows", LOAD, "others", LOAD.replace("ITEMS", "OTHERS")))) {
            long start = System.nanoTime();
            CompletableFuture<RunRecord> others = CompletableFuture.supplyAsync(() -> app.run("others"));
            assertThat(app.run().state()).isEqualTo(RunState.COMPLETED);
            assertThat(others.get().state()).isEqualTo(RunState.COMPLETED);
            assertThat(server.calls).hasSize(12);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(11 * 50 - 20));
        }
    }

    /** Other components that stand on this one have clients of their own, such as that of HubSpot. */
    @Test
    void theRateIsThatOfAllClients() throws Exception {
        server.on("/items", LimitsTest::fivePages);
        Api shop = new Api();
        shop.setUrl(server.url());
        shop.setRequestsPerSecond(20);
        Request request = new Request("GET", URI.create(server.url() + "/items"), Map.of(), null);
        PageReader.Form form = new PageReader.Form(null, false, false);
        try (ApiClient one = new ApiClient("shop", shop);
                ApiClient other = new ApiClient("shop", shop)) {
            long start = System.nanoTime();
            for (int i = 0; i < 5; i++) {
                one.page(request, form, "A page", null);
                other.page(request, form, "A page", null);
            }
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(9 * 50 - 20));
        }
    }

    @Test
    void withoutRetriesOfItsOwnAFailedRequestCostsAnAttempt() throws Exception {
        server.on("/items", call -> calls.incrementAndGet() == 1 ? new Answer(500, "{}") : fivePages(call));
        RunRecord run = run(Map.of("retries", "0"));
        assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
        assertThat(run.attempts()).isEqualTo(2);
    }

    /** The second run is told that nothing has changed, and the third one that something has. */
    @Test
    void anAnswerThatHasNotChangedIsNotSentAgain() throws Exception {
        AtomicReference<String> version = new AtomicReference<>("\"1\"");
        server.on("/items", call -> {
            call.set("ETag", version.get());
            return version.get().equals(call.header("If-None-Match"))
                    ? new Answer(304, "")
                    : ok("[{\"id\": 1, \"version\": " + version.get() + "}]");
        });
        String steps = LOAD.replace("paging: page", "conditional: true");
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), steps)) {
            for (String expected : List.of("1", "1", "2")) {
                version.set("\"" + expected + "\"");
                RunRecord run = app.run();
                assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
                assertThat(run.rows()).isEqualTo(1);
                assertThat(app.sql("SELECT id, version FROM PUBLIC.ITEMS")).containsExactly("1 " + expected);
            }
        }
        assertThat(server.calls)
                .extracting(call -> call.header("If-None-Match"))
                .containsExactly(null, "\"1\"", "\"1\"");
    }

    @Test
    void anAnswerToOtherHeadersIsAnotherOne() throws Exception {
        server.on("/items", call -> {
            String account = "\"" + call.header("X-Account") + "\"";
            call.set("ETag", account);
            return account.equals(call.header("If-None-Match"))
                    ? new Answer(304, "")
                    : ok("[{\"account\": " + account + "}]");
        });
        StringBuilder steps = new StringBuilder();
        for (String account : List.of("a", "b")) {
            steps.append(
                    """
                    - step:
                        id: %1$s
                        steps:
                          - to: { uri: "api:shop/items", parameters: { conditional: true, header.X-Account: %1$s } }
                          - to: { uri: "warehouse:SHOP.PUBLIC.OF_%1$s", parameters: { mode: replace } }
                    """
                            .formatted(account));
        }
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), steps.toString())) {
            for (int i = 0; i < 2; i++) {
                RunRecord run = app.run();
                assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            }
            assertThat(app.sql("SELECT account FROM PUBLIC.OF_a")).containsExactly("a");
        }
        assertThat(server.calls)
                .extracting(call -> call.header("If-None-Match"))
                .containsExactly(null, null, "\"a\"", "\"b\"");
    }

    /** An answer of which some bytes arrive all the time. */
    private static Answer trickle(Call call) throws IOException {
        call.http().sendResponseHeaders(200, 0);
        try (OutputStream out = call.http().getResponseBody()) {
            for (int i = 0; i < 1_000; i++) {
                out.write(' ');
                out.flush();
                Thread.sleep(50);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return null;
    }

    @Test
    void anAnswerThatTakesTooLongIsGivenUp() throws Exception {
        server.on("/items", call -> calls.incrementAndGet() == 1 ? trickle(call) : fivePages(call));
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of("timeout", "2s"), LOAD)) {
            RunRecord run = app.run();
            assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            assertThat(app.log(run))
                    .anyMatch(line ->
                            line.contains("incomplete after 2.0 s") && line.contains("raise camel.beans.shop.timeout"));
        }
    }

    @Test
    void anAnswerThatIsTooLargeIsRefused() throws Exception {
        server.on("/items", call -> ok("[{\"id\": \"" + "x".repeat(1_100_000) + "\"}]"));
        RunRecord run = run(Map.of("maxResponse", "1"));
        assertThat(run.state()).isEqualTo(RunState.FAILED);
        assertThat(run.attempts()).isEqualTo(1);
        assertThat(run.error()).contains("exceeds 1 MB", "camel.beans.shop.maxResponse");
        assertThat(server.calls).hasSize(1);
    }

    /** A run that is cancelled while an answer arrives lets go of it at once. */
    @Test
    void aCancelledRunLeavesNoRequest() throws Exception {
        CountDownLatch arriving = new CountDownLatch(1);
        CountDownLatch broken = new CountDownLatch(1);
        server.on("/items", call -> {
            if (call.number("page", 1) < 3) {
                return fivePages(call);
            }
            call.http().sendResponseHeaders(200, 0);
            arriving.countDown();
            byte[] space = " ".repeat(10_000).getBytes(StandardCharsets.UTF_8);
            try (OutputStream out = call.http().getResponseBody()) {
                while (true) {
                    out.write(space);
                    out.flush();
                    Thread.sleep(20);
                }
            } catch (IOException e) {
                broken.countDown();
                throw e;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
        });
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), LOAD)) {
            CompletableFuture<RunRecord> running = CompletableFuture.supplyAsync(app::run);
            assertThat(arriving.await(60, TimeUnit.SECONDS)).isTrue();
            app.pipelines()
                    .cancel(app.pipelines()
                            .ledger()
                            .history()
                            .last("rows")
                            .orElseThrow()
                            .id());
            assertThat(running.get(60, TimeUnit.SECONDS).state()).isEqualTo(RunState.CANCELLED);
            assertThat(broken.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(app.isLoaded() && app.sql("SHOW TABLES").contains("ITEMS"))
                    .isFalse();
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                            .extracting(Thread::getName)
                            .doesNotContain("api"));
        }
    }
}
