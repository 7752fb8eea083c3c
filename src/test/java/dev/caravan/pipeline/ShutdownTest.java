package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.TransientException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the runs when Caravan is stopped in order. */
class ShutdownTest {

    @TempDir
    Path directory;

    private final CountDownLatch begun = new CountDownLatch(1);

    private CompletableFuture<RunRecord> runAndStop(int timeout, Processor work) throws Exception {
        PipelineContext context = new PipelineContext(directory);
        context.camel.getShutdownStrategy().setTimeout(timeout);
        context.start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop").routeId("shop").step("work").process(work).log("done");
            }
        });
        CompletableFuture<RunRecord> run =
                CompletableFuture.supplyAsync(() -> context.pipelines().run("shop", Map.of()));
        begun.await();
        context.close();
        return run;
    }

    @Test
    void aRunMayEnd() throws Exception {
        CompletableFuture<RunRecord> run = runAndStop(20, exchange -> {
            begun.countDown();
            Thread.sleep(1_500);
        });
        assertThat(run).isDone();
        assertThat(run.get().state()).isEqualTo(RunState.COMPLETED);
    }

    @Test
    void aRunThatTakesTooLongIsCancelled() throws Exception {
        CompletableFuture<RunRecord> run = runAndStop(1, exchange -> {
            begun.countDown();
            Thread.sleep(60_000);
        });
        assertThat(run.get(5, TimeUnit.SECONDS).state()).isEqualTo(RunState.CANCELLED);
        assertThat(run.get().error()).contains("Caravan was stopped");
    }

    @Test
    void aRunThatOnlyWaitsDoesNotHoldTheShutdownUp() throws Exception {
        long before = System.nanoTime();
        CompletableFuture<RunRecord> run = runAndStop(60, exchange -> {
            Thread thread = new Thread(() -> {
                try (Ledger ledger = PipelineContext.ledger(directory)) {
                    await().until(() ->
                            ledger.history().last("shop").orElseThrow().state() == RunState.RETRYING);
                }
                begun.countDown();
            });
            thread.start();
            throw new TransientException("not now");
        });
        assertThat(run.get(5, TimeUnit.SECONDS).state()).isEqualTo(RunState.CANCELLED);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(30));
    }

    @Tag("slow")
    @Test
    void aRunThatFailsDuringTheShutdownIsNotTriedAgain() throws Exception {
        long before = System.nanoTime();
        CompletableFuture<RunRecord> run = runAndStop(60, exchange -> {
            begun.countDown();
            Thread.sleep(1_500);
            throw new TransientException("not now");
        });
        assertThat(run.get(5, TimeUnit.SECONDS).state()).isEqualTo(RunState.CANCELLED);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(30));
    }

    @Tag("slow")
    @Test
    void noSlotBeginsWhileOthersMayEnd() throws Exception {
        PipelineContext context = new PipelineContext(directory)
                .with(component -> component.setSchedule(true))
                .start(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:shop?cron=* * * * * ?&maxConcurrentRuns=9")
                                .routeId("shop")
                                .process(exchange -> {
                                    begun.countDown();
                                    Thread.sleep(3_500);
                                });
                    }
                });
        begun.await();
        Instant stopped = Instant.now();
        context.close();
        try (Ledger ledger = PipelineContext.ledger(directory)) {
            assertThat(ledger.history().list("shop", null, 100)).isNotEmpty().allSatisfy(run -> {
                assertThat(run.state()).isEqualTo(RunState.COMPLETED);
                assertThat(run.slot()).isBefore(stopped.plusSeconds(1));
            });
        }
    }
}
