package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** More runs than may work at once in one process. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CrowdTest {

    private static final Instant SLOT = Instant.parse("2026-01-01T00:00:00Z");
    private static final String YEARLY = "?cron=0 0 1 1 *&retryDelay=1";

    @TempDir
    Path directory;

    private final Semaphore gate = new Semaphore(0);
    private final AtomicInteger working = new AtomicInteger();
    private final AtomicInteger mostWorking = new AtomicInteger();
    private final ConcurrentLinkedQueue<String> order = new ConcurrentLinkedQueue<>();

    private PipelineContext start(int places, RouteBuilder... routes) throws Exception {
        return new PipelineContext(directory)
                .with(component -> {
                    component.setSchedule(true);
                    component.setMaxConcurrentRuns(places);
                })
                .start(routes);
    }

    private RouteBuilder pipelines(int count) {
        return new RouteBuilder() {
            @Override
            public void configure() {
                IntStream.range(0, count)
                        .forEach(i ->
                                from("pipeline:p" + i + YEARLY).routeId("p" + i).process(CrowdTest.this::work));
            }
        };
    }

    private void work(Exchange exchange) throws InterruptedException {
        mostWorking.accumulateAndGet(working.incrementAndGet(), Math::max);
        order.add(exchange.getFromRouteId());
        try {
            gate.acquire();
        } finally {
            working.decrementAndGet();
        }
    }

    private static void fire(PipelineContext context, String pipeline, Instant slot) {
        context.component
                .services()
                .scheduler()
                .execute(() -> context.component.registry().get(pipeline).runSlot(slot));
    }

    private List<RunRecord> runs() {
        try (Ledger ledger = PipelineContext.ledger(directory)) {
            return ledger.history().list(null, null, 10_000);
        }
    }

    private static List<RunRecord> runs(PipelineContext context, RunState state) {
        return context.pipelines().ledger().history().list(null, state, 10_000);
    }

    @Tag("slow")
    @Test
    void fewWorkTheOthersWaitWithoutAThread() throws Exception {
        try (PipelineContext context = start(3, pipelines(300))) {
            int before = ManagementFactory.getThreadMXBean().getThreadCount();
            IntStream.range(0, 300).forEach(i -> fire(context, "p" + i, SLOT));
            await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> assertThat(runs(context, RunState.SCHEDULED))
                    .hasSize(297));
            assertThat(runs(context, RunState.RUNNING)).hasSize(3);
            assertThat(ManagementFactory.getThreadMXBean().getThreadCount() - before)
                    .isLessThan(30);
            // one for each
            assertThat(Thread.getAllStackTraces().keySet())
                    .filteredOn(thread -> thread.getName().endsWith(" - Pipeline"))
                    .hasSizeLessThanOrEqualTo(3);
            gate.release(300);
            await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> assertThat(runs(context, RunState.COMPLETED))
                    .hasSize(300));
            assertThat(runs(context, null))
                    .allSatisfy(run -> assertThat(run.attempts()).isEqualTo(1));
            assertThat(mostWorking).hasValue(3);
        }
    }

    @Test
    void thePipelinesOfASlotRunTogetherExceptThePausedOne() throws Exception {
        gate.release(50);
        try (PipelineContext context = start(3, pipelines(50))) {
            context.pipelines().pause("p7");
            for (int twice = 0; twice < 2; twice++) {
                context.component
                        .slotRuns()
                        .start(SLOT, context.component.registry().all());
                await().atMost(Duration.ofMinutes(1))
                        .until(() -> runs(context, RunState.COMPLETED).size() == 49);
            }
            assertThat(runs(context, null)).hasSize(49).allSatisfy(run -> {
                assertThat(run.slot()).isEqualTo(SLOT);
                assertThat(run.attempts()).isEqualTo(1);
                assertThat(run.pipeline()).isNotEqualTo("p7");
            });
            assertThat(order).doesNotHaveDuplicates();
        }
    }

    @Test
    void theEarliestSlotIsFirst() throws Exception {
        try (PipelineContext context = start(1, pipelines(5))) {
            fire(context, "p0", SLOT);
            await().until(() -> working.get() == 1);
            for (int i : List.of(3, 1, 4, 2)) {
                context.component.registry().get("p" + i).runSlot(SLOT.plusSeconds(i));
            }
            gate.release(5);
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> runs(context, RunState.COMPLETED).size() == 5);
            assertThat(order).containsExactly("p0", "p1", "p2", "p3", "p4");
        }
    }

    @Tag("slow")
    @Test
    void whatWaitsForItsNextAttemptHasNoPlace() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        try (PipelineContext context = start(1, pipelines(1), new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:failing?retries=1&retryDelay=1s&retryJitter=0")
                        .routeId("failing")
                        .process(exchange -> {
                            if (attempts.incrementAndGet() == 1) {
                                throw new IllegalStateException("not yet");
                            }
                        });
            }
        })) {
            CompletableFuture<RunRecord> failing =
                    CompletableFuture.supplyAsync(() -> context.pipelines().run("failing", Map.of()));
            await().until(() -> runs(context, RunState.RETRYING).size() == 1);
            CompletableFuture<RunRecord> other =
                    CompletableFuture.supplyAsync(() -> context.pipelines().run("p0", Map.of()));
            await().until(() -> working.get() == 1);
            Thread.sleep(1_500);
            assertThat(attempts)
                    .as("waits for its place, though its pause is over")
                    .hasValue(1);
            gate.release();
            assertThat(other.get(30, TimeUnit.SECONDS).state()).isEqualTo(RunState.COMPLETED);
            assertThat(failing.get(30, TimeUnit.SECONDS).state()).isEqualTo(RunState.COMPLETED);
        }
    }

    private RouteBuilder callers(int count, String childOptions) {
        return new RouteBuilder() {
            @Override
            public void configure() {
                IntStream.range(0, count).forEach(i -> from("pipeline:caller" + i + YEARLY)
                        .routeId("caller" + i)
                        .process(exchange -> order.add("caller" + i))
                        .to("pipeline:child" + i)
                        .process(exchange -> order.add("caller" + i)));
                IntStream.range(0, count).forEach(i -> from("pipeline:child" + i + childOptions)
                        .routeId("child" + i)
                        .process(CrowdTest.this::work));
            }
        };
    }

    @Test
    void aRunThatCallsAnotherDoesNotWaitForItsOwnPlace() throws Exception {
        try (PipelineContext context = start(1, callers(3, "?retries=0"))) {
            gate.release(3);
            IntStream.range(0, 3)
                    .forEach(i -> context.component.registry().get("caller" + i).runSlot(SLOT.plusSeconds(i)));
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> runs(context, RunState.COMPLETED).size() == 6);
            // what has begun ends before many others begin
            List<String> all = List.copyOf(order);
            assertThat(all.lastIndexOf("caller0")).isLessThan(all.indexOf("caller2"));
            assertThat(mostWorking).hasValue(1);
        }
    }

    /** The child's own run is due, waits for the place that the caller has, and has its turn before the called one. */
    @Test
    void aCallerLetsTheRunBeforeTheOneItHasCalledHaveItsPlace() throws Exception {
        Semaphore called = new Semaphore(0);
        try (PipelineContext context = start(1, new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:caller")
                        .routeId("caller")
                        .process(exchange -> called.acquire())
                        .to("pipeline:child");
                from("pipeline:child" + YEARLY + "&onOverlap=queue")
                        .routeId("child")
                        .log("works");
            }
        })) {
            CompletableFuture<RunRecord> caller =
                    CompletableFuture.supplyAsync(() -> context.pipelines().run("caller", Map.of()));
            await().until(() -> runs(context, RunState.RUNNING).size() == 1);
            fire(context, "child", SLOT);
            await().until(() -> runs(context, RunState.SCHEDULED).size() == 1);
            called.release();
            assertThat(caller.get(60, TimeUnit.SECONDS).state()).isEqualTo(RunState.COMPLETED);
            assertThat(runs(context, RunState.COMPLETED)).hasSize(3);
        }
    }

    @Test
    void aRunThatWaitsForItsPlaceIsCancelled() throws Exception {
        try (PipelineContext context = start(1, pipelines(2))) {
            fire(context, "p0", SLOT);
            await().until(() -> working.get() == 1);
            fire(context, "p1", SLOT);
            await().until(() -> runs(context, RunState.SCHEDULED).size() == 1);
            context.pipelines().cancel(runs(context, RunState.SCHEDULED).get(0).id());
            await().until(() -> runs(context, RunState.CANCELLED).size() == 1);
            gate.release(2);
            await().until(() -> runs(context, RunState.COMPLETED).size() == 1);
            assertThat(order).containsExactly("p0");
        }
    }

    @Tag("slow")
    @Test
    void aStopLeavesNoRunUnderWayAndTheNextProcessTakesUpWhatWaited() throws Exception {
        PipelineContext stopped = start(4, pipelines(200));
        stopped.camel.getShutdownStrategy().setTimeout(2);
        IntStream.range(0, 200).forEach(i -> fire(stopped, "p" + i, SLOT));
        await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> assertThat(runs(stopped, RunState.SCHEDULED))
                .hasSize(196));
        long before = System.nanoTime();
        stopped.close();
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(60));
        assertThat(runs()).hasSize(200).allSatisfy(run -> {
            assertThat(run.state()).isEqualTo(RunState.CANCELLED);
            assertThat(run.error()).contains("Caravan was stopped");
        });
        gate.release(200);
        try (PipelineContext next = start(4, pipelines(200))) {
            await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> assertThat(runs(next, RunState.COMPLETED))
                    .hasSize(200));
        }
        assertThat(runs()).allSatisfy(run -> assertThat(run.slot()).isEqualTo(SLOT));
    }
}
