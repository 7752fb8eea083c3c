package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that begins while another one is in progress, in this process or in another. */
class OverlapTest {

    @TempDir
    Path directory;

    private final Semaphore begun = new Semaphore(0);
    private final Semaphore gate = new Semaphore(0);

    private PipelineContext start(String options) throws Exception {
        return new PipelineContext(directory).start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?" + options).routeId("shop").process(exchange -> {
                    begun.release();
                    gate.acquire();
                });
            }
        });
    }

    private static CompletableFuture<RunRecord> run(PipelineContext context) {
        return CompletableFuture.supplyAsync(() -> context.pipelines().run("shop", Map.of()));
    }

    private static RunRecord end(CompletableFuture<RunRecord> run) throws Exception {
        return run.get(10, TimeUnit.SECONDS);
    }

    @Test
    void theSecondIsSkipped() throws Exception {
        try (PipelineContext one = start("onOverlap=skip");
                PipelineContext other = start("onOverlap=skip")) {
            CompletableFuture<RunRecord> first = run(one);
            begun.acquire();
            RunRecord skipped = end(run(other));
            assertThat(skipped.state()).isEqualTo(RunState.SKIPPED);
            assertThat(skipped.error()).contains("Another run of shop is in progress");
            assertThat(skipped.attempts()).isZero();
            gate.release();
            assertThat(end(first).state()).isEqualTo(RunState.COMPLETED);
        }
    }

    @Test
    void theSecondWaits() throws Exception {
        try (PipelineContext one = start("onOverlap=queue");
                PipelineContext other = start("onOverlap=queue")) {
            CompletableFuture<RunRecord> first = run(one);
            begun.acquire();
            CompletableFuture<RunRecord> second = run(other);
            await().until(() -> !one.pipelines()
                    .ledger()
                    .history()
                    .list("shop", RunState.SCHEDULED, 10)
                    .isEmpty());
            assertThat(begun.tryAcquire(600, TimeUnit.MILLISECONDS)).isFalse();
            gate.release(2);
            RunRecord completed = end(first);
            assertThat(completed.state()).isEqualTo(RunState.COMPLETED);
            assertThat(end(second).state()).isEqualTo(RunState.COMPLETED);
            assertThat(end(second).started()).isAfterOrEqualTo(completed.finished());
        }
    }

    @Test
    void aRunThatWaitsForItsTurnIsCancelled() throws Exception {
        try (PipelineContext context = start("onOverlap=queue")) {
            CompletableFuture<RunRecord> first = run(context);
            begun.acquire();
            CompletableFuture<RunRecord> second = run(context);
            await().until(() -> !context.pipelines()
                    .ledger()
                    .history()
                    .list("shop", RunState.SCHEDULED, 10)
                    .isEmpty());
            context.pipelines()
                    .cancel(context.pipelines()
                            .ledger()
                            .history()
                            .last("shop")
                            .orElseThrow()
                            .id());
            assertThat(end(second).state()).isEqualTo(RunState.CANCELLED);
            gate.release();
            assertThat(end(first).state()).isEqualTo(RunState.COMPLETED);
        }
    }

    @Tag("slow")
    @Test
    void theFirstIsCancelled() throws Exception {
        try (PipelineContext one = start("onOverlap=cancel");
                PipelineContext other = start("onOverlap=cancel")) {
            CompletableFuture<RunRecord> first = run(one);
            begun.acquire();
            CompletableFuture<RunRecord> second = run(other);
            assertThat(end(first).state()).isEqualTo(RunState.CANCELLED);
            begun.acquire();
            gate.release();
            assertThat(end(second).state()).isEqualTo(RunState.COMPLETED);
        }
    }

    @Test
    void asManyRunAsMay() throws Exception {
        try (PipelineContext one = start("maxConcurrentRuns=2");
                PipelineContext other = start("maxConcurrentRuns=2")) {
            CompletableFuture<RunRecord> first = run(one);
            CompletableFuture<RunRecord> second = run(other);
            begun.acquire(2);
            assertThat(end(run(one)).state()).isEqualTo(RunState.SKIPPED);
            gate.release(2);
            assertThat(end(first).state()).isEqualTo(RunState.COMPLETED);
            assertThat(end(second).state()).isEqualTo(RunState.COMPLETED);
        }
    }

    @Tag("slow")
    @Test
    void ofTheRunsForSlotsOneWaits() throws Exception {
        try (PipelineContext context = new PipelineContext(directory)
                .with(component -> component.setSchedule(true))
                .start(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:shop?onOverlap=queue&cron=* * * * * ?")
                                .routeId("shop")
                                .process(exchange -> {
                                    begun.release();
                                    gate.acquire();
                                });
                    }
                })) {
            begun.acquire();
            await().until(() -> context.pipelines().ledger().history().list("shop", RunState.SKIPPED, 10).stream()
                            .filter(run -> run.error().equals("The run for an earlier slot of shop is already waiting"))
                            .count()
                    >= 2);
            assertThat(context.pipelines().ledger().history().list("shop", RunState.SCHEDULED, 10))
                    .hasSizeLessThanOrEqualTo(2); // one that waits, and one that is being skipped
            gate.release(1_000);
        }
    }
}
