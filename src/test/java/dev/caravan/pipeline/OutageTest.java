package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.ServiceStatus;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ledger in PostgreSQL that goes away while pipelines work, and comes back. */
@Tag("slow")
class OutageTest {

    @TempDir
    Path directory;

    private EmbeddedPostgres server;
    private PipelineContext context;

    @BeforeEach
    void startServer() throws IOException {
        server = server(0);
    }

    private EmbeddedPostgres server(int port) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(directory.resolve("ledger"))
                .setCleanDataDirectory(false)
                .setPort(port)
                .start();
    }

    private void stopServer() throws IOException {
        server.close();
    }

    private void startServerAgain() throws IOException {
        server = server(server.getPort());
    }

    @AfterEach
    void stop() throws IOException {
        context.close();
        server.close();
    }

    private void start(RouteBuilder route) throws Exception {
        context = new PipelineContext(directory)
                .with(component -> {
                    component.setLedgerUrl("jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres");
                    component.setLedgerUsername("postgres");
                    component.setLedgerPassword("postgres");
                    component.setLease(1_000);
                })
                .start(route);
    }

    private RunRecord last() {
        return context.pipelines().ledger().history().last("shop").orElseThrow();
    }

    @Test
    void anAttemptThatOutlivesItsLeaseMeanwhileFailsAndIsRepeated() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        AtomicInteger passed = new AtomicInteger();
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?retryDelay=1")
                        .routeId("shop")
                        .process(exchange -> {
                            if (gone.getCount() > 0) {
                                stopServer();
                                Thread.sleep(1_500); // longer than the lease
                                gone.countDown();
                            }
                        })
                        .process(exchange -> passed.incrementAndGet());
            }
        });
        CompletableFuture<RunRecord> run =
                CompletableFuture.supplyAsync(() -> context.pipelines().run("shop", Map.of()));
        gone.await();
        Thread.sleep(12_000); // longer than anybody waits for a connection
        startServerAgain();
        assertThat(run.get(90, TimeUnit.SECONDS).state()).isEqualTo(RunState.COMPLETED);
        assertThat(passed).hasValue(1);
        assertThat(context.pipelines().ledger().history().attempts(run.get().id()))
                .extracting(AttemptRecord::state)
                .containsExactly(RunState.FAILED, RunState.COMPLETED);
    }

    @Test
    void aSlotWaitsUntilTheLedgerIsBack() throws Exception {
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?cron=0 0 1 1 *").routeId("shop").log("run");
            }
        });
        Instant slot = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        stopServer();
        context.component.registry().get("shop").runSlot(slot);
        Thread.sleep(1_000);
        startServerAgain();
        await().atMost(Duration.ofSeconds(90)).ignoreExceptions().untilAsserted(() -> assertThat(last().state())
                .isEqualTo(RunState.COMPLETED));
        assertThat(last().slot()).isEqualTo(slot);
    }

    @Test
    void aPauseThatTheLedgerDidNotHearOfIsToldLater() throws Exception {
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop").routeId("shop").log("run");
            }
        });
        stopServer();
        context.camel.getRouteController().suspendRoute("shop");
        startServerAgain();
        await().atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> context.pipelines()
                .ledger()
                .pipelines()
                .pauses()
                .get("shop")
                .paused());
        assertThat(context.camel.getRouteController().getRouteStatus("shop")).isEqualTo(ServiceStatus.Suspended);
        assertThat(context.pipelines().list()).extracting(Pipeline::paused).isEqualTo(List.of(true));
    }
}
