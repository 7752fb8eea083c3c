package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.StepRecord;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.RunEndedException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.LoggingLevel;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run from its beginning to its end. */
class PipelineRunTest {

    @TempDir
    Path directory;

    private PipelineContext context;

    @AfterEach
    void stop() {
        context.close();
    }

    private PipelineContext start(RouteBuilder route) throws Exception {
        context = new PipelineContext(directory).start(route);
        return context;
    }

    private RunRecord run(String name) {
        return context.pipelines().run(name, Map.of());
    }

    /** A pipeline "shop" with one step, "work". */
    private static RouteBuilder shop(String options, Processor work) {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?" + options)
                        .routeId("shop")
                        .step("work")
                        .process(work)
                        .end();
            }
        };
    }

    private List<AttemptRecord> attempts(RunRecord run) {
        return context.pipelines().ledger().history().attempts(run.id());
    }

    private List<String> log(RunRecord run) {
        return context.pipelines().ledger().logs().list(run.id(), 0, 100_000).stream()
                .map(LogLine::message)
                .toList();
    }

    @Test
    void aFailedAttemptRunsTheWholeRouteAgainOnAFreshExchange() throws Exception {
        Set<String> exchanges = ConcurrentHashMap.newKeySet();
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?retryDelay=20&retryFactor=1")
                        .routeId("shop")
                        .step("extract")
                        .process(exchange -> {
                            assertThat(exchange.getMessage().getHeaders()).isEmpty();
                            exchange.getMessage().setHeader("seen", true);
                            exchanges.add(exchange.getExchangeId());
                        })
                        .end()
                        .step("load")
                        .process(exchange -> {
                            Run run = Run.of(exchange).orElseThrow();
                            run.renewLease();
                            run.addProgress(exchange, 5, 100);
                            if (run.attempt() < 3) {
                                throw new IllegalStateException("not yet");
                            }
                        })
                        .end();
            }
        });
        RunRecord run = run("shop");

        assertThat(run.state()).isEqualTo(RunState.COMPLETED);
        assertThat(run.trigger()).isEqualTo(Trigger.MANUAL);
        assertThat(run.attempts()).isEqualTo(3);
        assertThat(run.rows()).isEqualTo(15);
        assertThat(run.bytes()).isEqualTo(300);
        assertThat(exchanges).hasSize(3);
        assertThat(attempts(run))
                .extracting(AttemptRecord::state, AttemptRecord::error)
                .containsExactly(
                        tuple(RunState.FAILED, "not yet"),
                        tuple(RunState.FAILED, "not yet"),
                        tuple(RunState.COMPLETED, null));
        assertThat(attempts(run).get(0).steps())
                .extracting(StepRecord::id, StepRecord::state, StepRecord::error, StepRecord::rows)
                .containsExactly(
                        tuple("extract", RunState.COMPLETED, null, 0L), tuple("load", RunState.FAILED, "not yet", 5L));
    }

    @Test
    void whenItsRetriesAreUsedUpTheRunHasFailed() throws Exception {
        start(shop("retries=2&retryDelay=1", exchange -> {
            throw new TransientException("out of order");
        }));
        RunRecord run = run("shop");
        assertThat(run.state()).isEqualTo(RunState.FAILED);
        assertThat(run.attempts()).isEqualTo(3);
        assertThat(run.error()).isEqualTo("out of order");
    }

    @Test
    void whatCannotGetBetterFailsAtOnceAndInOneLine() throws Exception {
        start(shop("retryDelay=1", exchange -> {
            throw new PermanentException("The key is wrong: set another");
        }));
        RunRecord run = run("shop");
        assertThat(run.state()).isEqualTo(RunState.FAILED);
        assertThat(run.attempts()).isEqualTo(1);
        assertThat(run.error()).isEqualTo("The key is wrong: set another");
        assertThat(log(run)).noneMatch(line -> line.contains("\tat ") || line.contains("Stacktrace"));
    }

    @Test
    void retryAfterIsObeyed() throws Exception {
        start(shop("retryDelay=60s&maxRetryDelay=60s", exchange -> {
            if (Run.of(exchange).orElseThrow().attempt() == 1) {
                throw new TransientException("too many requests", Duration.ofMillis(700), null);
            }
        }));
        RunRecord run = run("shop");
        assertThat(run.state()).isEqualTo(RunState.COMPLETED);
        List<AttemptRecord> attempts = attempts(run);
        assertThat(Duration.between(attempts.get(0).finished(), attempts.get(1).started()))
                .isBetween(Duration.ofMillis(650), Duration.ofSeconds(5));
    }

    @Test
    void aRunThatWaitsForItsNextAttemptSaysSo() throws Exception {
        start(shop("retryDelay=60s&retryJitter=0", exchange -> {
            throw new TransientException("not today");
        }));
        CompletableFuture<RunRecord> future = CompletableFuture.supplyAsync(() -> run("shop"));
        await().untilAsserted(
                        () -> assertThat(context.pipelines().ledger().history().last("shop"))
                                .hasValueSatisfying(run -> {
                                    assertThat(run.state()).isEqualTo(RunState.RETRYING);
                                    assertThat(run.error()).isEqualTo("not today");
                                }));
        context.pipelines()
                .cancel(context.pipelines()
                        .ledger()
                        .history()
                        .last("shop")
                        .orElseThrow()
                        .id());
        assertThat(future.get(5, TimeUnit.SECONDS).state()).isEqualTo(RunState.CANCELLED);
    }

    @Test
    void aFailureThatTheRouteHandlesIsOneAllTheSame() throws Exception {
        start(new RouteBuilder() {
            @Override
            public void configure() {
                onException(IllegalStateException.class).handled(true).log("handled");
                from("pipeline:shop?retries=0").routeId("shop").step("work").process(exchange -> {
                    throw new IllegalStateException("broken");
                });
            }
        });
        RunRecord run = run("shop");
        assertThat(run.state()).isEqualTo(RunState.FAILED);
        assertThat(run.error()).isEqualTo("broken");
        assertThat(attempts(run).get(0).steps()).extracting(StepRecord::state).containsExactly(RunState.FAILED);
    }

    @Test
    void whatARouteTriesAndCatchesIsItsOwnBusiness() throws Exception {
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?retries=0")
                        .routeId("shop")
                        .doTry()
                        .process(exchange -> {
                            throw new IllegalStateException("broken");
                        })
                        .doCatch(IllegalStateException.class)
                        .log("caught")
                        .end();
            }
        });
        assertThat(run("shop").state()).isEqualTo(RunState.COMPLETED);
    }

    @Test
    void theLogBelongsToTheRunWhateverThreadWroteIt() throws Exception {
        Set<String> threads = ConcurrentHashMap.newKeySet();
        CountDownLatch tapped = new CountDownLatch(1);
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop")
                        .routeId("shop")
                        .setBody(constant(IntStream.range(0, 8).boxed().toList()))
                        .split(body())
                        .parallelProcessing()
                        .process(exchange -> threads.add(Thread.currentThread().getName()))
                        .to("direct:part")
                        .end()
                        .wireTap("direct:tap")
                        .process(exchange -> tapped.await());
                from("direct:part").routeId("part").log("part ${body}");
                from("direct:tap").routeId("tap").log("tapped").process(exchange -> tapped.countDown());
                from("timer:other?period=20").routeId("other").log(LoggingLevel.INFO, "of no run");
            }
        });
        RunRecord run = run("shop");
        assertThat(run.state()).isEqualTo(RunState.COMPLETED);
        assertThat(threads).hasSizeGreaterThan(1);
        assertThat(log(run))
                .contains("part 0", "part 1", "part 2", "part 3", "part 4", "part 5", "part 6", "part 7", "tapped")
                .doesNotContain("of no run");
        assertThat(context.pipelines().ledger().logs().list(run.id(), 0, 1000))
                .extracting(LogLine::seq)
                .isSorted()
                .doesNotHaveDuplicates();
    }

    @Test
    void aLogHasABound() throws Exception {
        context = new PipelineContext(directory)
                .with(component -> component.setMaxLogLines(50))
                .start(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:shop")
                                .routeId("shop")
                                .loop(200)
                                .log("${exchangeProperty.CamelLoopIndex}")
                                .end()
                                .process(exchange -> {
                                    throw new PermanentException("x".repeat(50_000));
                                });
                    }
                });
        RunRecord run = run("shop");
        List<String> log = log(run);
        assertThat(log).hasSize(51);
        assertThat(log.get(50)).matches("15\\d more lines were dropped: a run may log 50 \\(maxLogLines\\)");
        assertThat(run.error()).hasSizeLessThan(2_100);
    }

    @Test
    void aStepThatRunsOftenIsOneStep() throws Exception {
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop")
                        .routeId("shop")
                        .setBody(constant(IntStream.range(0, 100).boxed().toList()))
                        .split(body())
                        .step("part")
                        .process(exchange -> Run.of(exchange).orElseThrow().addProgress(exchange, 1, 10))
                        .end()
                        .end();
            }
        });
        RunRecord run = run("shop");
        assertThat(run.rows()).isEqualTo(100);
        assertThat(attempts(run).get(0).steps())
                .extracting(StepRecord::id, StepRecord::state, StepRecord::rows, StepRecord::bytes)
                .containsExactly(tuple("part", RunState.COMPLETED, 100L, 1000L));
    }

    @Test
    void anAttemptThatTakesTooLongIsEndedAndRepeated() throws Exception {
        List<Throwable> seen = Collections.synchronizedList(new ArrayList<>());
        start(shop("timeout=200&retries=1&retryDelay=1", exchange -> {
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                seen.add(e);
                throw e;
            }
        }));
        RunRecord run = run("shop");
        assertThat(run.state()).isEqualTo(RunState.FAILED);
        assertThat(run.attempts()).isEqualTo(2);
        assertThat(run.error()).contains("longer than its timeout of 0.2 s");
        assertThat(seen).hasSize(2);
    }

    @Tag("slow")
    @Test
    void nothingOfAnEndedAttemptPassesAnyMore() throws Exception {
        AtomicReference<Run> stuck = new AtomicReference<>();
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger after = new AtomicInteger();
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?timeout=200&retries=1&retryDelay=1")
                        .routeId("shop")
                        .process(exchange -> {
                            Run run = Run.of(exchange).orElseThrow();
                            if (run.attempt() == 1) {
                                stuck.set(run);
                                while (release.getCount() > 0) {
                                    try {
                                        release.await();
                                    } catch (InterruptedException e) {
                                        // deaf
                                    }
                                }
                            }
                        })
                        .process(exchange -> after.incrementAndGet());
            }
        });
        RunRecord run = run("shop");
        assertThat(run.state()).isEqualTo(RunState.COMPLETED);
        assertThat(run.attempts()).isEqualTo(2);
        assertThatThrownBy(() -> stuck.get().ensureActive()).isInstanceOf(RunEndedException.class);
        assertThatThrownBy(() -> stuck.get().renewLease()).isInstanceOf(RunEndedException.class);
        release.countDown();
        await().until(() -> context.camel.getInflightRepository().size() == 0);
        assertThat(after).hasValue(1);
    }

    @Tag("slow")
    @Test
    void aRunIsCancelledFromAnotherProcess() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        start(shop("", exchange -> {
            begun.countDown();
            Thread.sleep(60_000);
        }));
        CompletableFuture<RunRecord> future = CompletableFuture.supplyAsync(() -> run("shop"));
        begun.await();
        try (Ledger other = PipelineContext.ledger(directory)) {
            other.runs().cancel(other.history().last("shop").orElseThrow().id());
        }
        RunRecord run = future.get(10, TimeUnit.SECONDS);
        assertThat(run.state()).isEqualTo(RunState.CANCELLED);
        assertThat(run.attempts()).isEqualTo(1);
        assertThat(run.error()).contains("it was cancelled");
    }

    @Test
    void aZombieMayNotCommit() throws Exception {
        AtomicReference<Throwable> refused = new AtomicReference<>();
        start(shop("", exchange -> {
            Run run = Run.of(exchange).orElseThrow();
            // what another process does when it finds the lease lapsed
            Jdbi.create(PipelineContext.url(directory))
                    .useHandle(
                            h -> h.execute("UPDATE runs SET state = 'crashed', token = NULL WHERE id = ?", run.id()));
            try {
                run.renewLease();
            } catch (RunEndedException e) {
                refused.set(e);
                throw e;
            }
        }));
        RunRecord run = run("shop");
        assertThat(refused.get()).hasMessageContaining("it is crashed");
        assertThat(run.state()).isEqualTo(RunState.CRASHED);
        assertThat(run.attempts()).isEqualTo(1);
    }

    @Tag("slow")
    @Test
    void aRunLongerThanItsLeaseStaysAlive() throws Exception {
        context = new PipelineContext(directory)
                .with(component -> component.setLease(1_500))
                .start(shop("", exchange -> Thread.sleep(4_000)));
        try (Ledger other = PipelineContext.ledger(directory)) {
            CompletableFuture<RunRecord> future = CompletableFuture.supplyAsync(() -> run("shop"));
            while (!future.isDone()) {
                assertThat(other.history().list("shop", RunState.CRASHED, 1)).isEmpty();
                Thread.sleep(50);
            }
            assertThat(future.get().state()).isEqualTo(RunState.COMPLETED);
        }
    }

    @Test
    void anEndedRunIsRetriedUnderItsIdWithItsParameters() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        List<Object> days = Collections.synchronizedList(new ArrayList<>());
        start(shop("retries=0&param.day=date:yesterday", exchange -> {
            days.add(exchange.getVariable("day"));
            if (calls.incrementAndGet() == 1) {
                throw new TransientException("broken");
            }
        }));
        RunRecord failed = context.pipelines().run("shop", Map.of("day", "2026-01-31"));
        assertThat(failed.state()).isEqualTo(RunState.FAILED);
        RunRecord run = context.pipelines().retry(failed.id());
        assertThat(run.id()).isEqualTo(failed.id());
        assertThat(run.state()).isEqualTo(RunState.COMPLETED);
        assertThat(run.attempts()).isEqualTo(2);
        assertThat(run.trigger()).isEqualTo(Trigger.RETRY);
        assertThat(days).containsExactly(LocalDate.of(2026, 1, 31), LocalDate.of(2026, 1, 31));
        assertThatThrownBy(() -> context.pipelines().retry(failed.id()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("it is completed");
    }

    @Test
    void oldRunsAndLogsAreForgotten() throws Exception {
        start(shop("", exchange -> {}));
        String older = "00000000older";
        String old = "00000001old";
        age(run("shop").id(), old, 2);
        age(run("shop").id(), older, 4);
        context.close();
        context = new PipelineContext(directory)
                .with(component -> {
                    component.setRunRetention(Duration.ofHours(3).toMillis());
                    component.setLogRetention(Duration.ofHours(1).toMillis());
                })
                .start(shop("", exchange -> {}));
        RunRecord last = run("shop");
        assertThat(context.pipelines().ledger().history().list("shop", null, 10))
                .extracting(RunRecord::id)
                .containsExactly(last.id(), old);
        assertThat(log(last)).isNotEmpty();
        assertThat(context.pipelines().ledger().logs().list(old, 0, 10)).isEmpty();
    }

    /** Makes a run look as if it had been made and ended hours ago: its id sorts by its time. */
    private void age(String run, String id, int hours) {
        Jdbi.create(PipelineContext.url(directory)).useHandle(h -> {
            h.execute("UPDATE runs SET id = ?, finished = finished - 3600000 * ? WHERE id = ?", id, hours, run);
            for (String table : List.of("attempts", "steps", "log_lines")) {
                h.execute("UPDATE " + table + " SET run = ? WHERE run = ?", id, run);
            }
        });
    }

    @Test
    void aRetryWhileAnotherRunIsUnderWayChangesNothing() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch gate = new CountDownLatch(1);
        AtomicInteger calls = new AtomicInteger();
        start(shop("retries=0", exchange -> {
            switch (calls.incrementAndGet()) {
                case 1 -> throw new TransientException("out of order");
                case 2 -> {
                    begun.countDown();
                    gate.await();
                }
                default -> {}
            }
        }));
        RunRecord failed = run("shop");
        CompletableFuture<RunRecord> other = CompletableFuture.supplyAsync(() -> run("shop"));
        begun.await();
        assertThatThrownBy(() -> context.pipelines().retry(failed.id()))
                .isInstanceOf(UsageException.class)
                .hasMessage(
                        "Another run of shop is in progress: retry run " + failed.id() + " after that run has ended");
        assertThat(context.pipelines().ledger().history().get(failed.id())).isEqualTo(failed);
        gate.countDown();
        other.get(5, TimeUnit.SECONDS);
        RunRecord retried = context.pipelines().retry(failed.id());
        assertThat(retried.state()).isEqualTo(RunState.COMPLETED);
        assertThat(retried.started()).isAfter(failed.finished());
    }

    @Test
    void aCancelledAttemptHasNotCompletedWhateverTheRouteCatches() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop")
                        .routeId("shop")
                        .doTry()
                        .process(exchange -> {
                            begun.countDown();
                            Thread.sleep(60_000);
                        })
                        .doCatch(Exception.class)
                        .end();
            }
        });
        CompletableFuture<RunRecord> run = CompletableFuture.supplyAsync(() -> run("shop"));
        begun.await();
        context.pipelines()
                .cancel(context.pipelines()
                        .ledger()
                        .history()
                        .last("shop")
                        .orElseThrow()
                        .id());
        assertThat(run.get(5, TimeUnit.SECONDS).state()).isEqualTo(RunState.CANCELLED);
    }

    @Test
    void aRefusedCommitIsAFailureWhateverTheRouteCatches() throws Exception {
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop")
                        .routeId("shop")
                        .doTry()
                        .process(exchange -> {
                            Run run = Run.of(exchange).orElseThrow();
                            Jdbi.create(PipelineContext.url(directory))
                                    .useHandle(h ->
                                            h.execute("UPDATE runs SET cancel_requested = 1 WHERE id = ?", run.id()));
                            run.renewLease();
                        })
                        .doCatch(RunEndedException.class)
                        .end();
            }
        });
        assertThat(run("shop").state()).isEqualTo(RunState.CANCELLED);
    }

    @Test
    void anotherRouteRunsAPipelineAndWaitsForIt() throws Exception {
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:all?retries=0")
                        .routeId("all")
                        .setVariable("day", constant("2026-01-31"))
                        .setVariable("other", constant("stays here"))
                        .setBody(constant("mine"))
                        .to("pipeline:part")
                        .process(exchange ->
                                assertThat(exchange.getMessage().getBody()).isEqualTo("mine"));
                from("pipeline:part?param.day=date").routeId("part").log("day ${variable.day} ${variable.other}");
                from("direct:self").to("pipeline:all");
            }
        });
        RunRecord run = run("all");
        assertThat(run.state()).isEqualTo(RunState.COMPLETED);
        RunRecord part = context.pipelines().ledger().history().last("part").orElseThrow();
        assertThat(part.trigger()).isEqualTo(Trigger.ROUTE);
        assertThat(part.parameters()).isEqualTo(Map.of("day", "2026-01-31"));
        assertThat(log(part)).contains("day 2026-01-31 ");
        assertThat(log(run)).doesNotContain("day 2026-01-31 ");
    }

    @Test
    void aPipelineThatFailsFailsItsCallerWithoutMoreRetries() throws Exception {
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:all?retryDelay=1").routeId("all").to("pipeline:part");
                from("pipeline:part?retries=1&retryDelay=1").routeId("part").process(exchange -> {
                    throw new TransientException("broken");
                });
            }
        });
        RunRecord run = run("all");
        assertThat(run.state()).isEqualTo(RunState.FAILED);
        assertThat(run.attempts()).isEqualTo(1);
        assertThat(run.error()).contains("pipeline part failed: broken");
        assertThat(context.pipelines().ledger().history().list("part", null, 10))
                .hasSize(1);
    }

    @Test
    void aPipelineMayNotRunItself() throws Exception {
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:a?onOverlap=queue").routeId("a").to("pipeline:b");
                from("pipeline:b?onOverlap=queue").routeId("b").to("pipeline:a");
                from("pipeline:c?onOverlap=queue").routeId("c").to("pipeline:c");
            }
        });
        assertThat(run("a").error()).contains("Pipeline a would run itself through pipeline b");
        assertThat(run("c").error()).contains("Pipeline c would run itself");
    }

    @Test
    void theCallersCancelReachesThePipelineItWaitsFor() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:all").routeId("all").to("pipeline:part");
                from("pipeline:part").routeId("part").process(exchange -> {
                    begun.countDown();
                    Thread.sleep(60_000);
                });
            }
        });
        CompletableFuture<RunRecord> future = CompletableFuture.supplyAsync(() -> run("all"));
        begun.await();
        context.pipelines()
                .cancel(context.pipelines()
                        .ledger()
                        .history()
                        .last("all")
                        .orElseThrow()
                        .id());
        assertThat(future.get(10, TimeUnit.SECONDS).state()).isEqualTo(RunState.CANCELLED);
        await().untilAsserted(() -> assertThat(context.pipelines()
                        .ledger()
                        .history()
                        .last("part")
                        .orElseThrow()
                        .state())
                .isEqualTo(RunState.CANCELLED));
    }

    @Test
    void anUnknownPipelineIsNamedWithTheOnesThereAre() throws Exception {
        start(shop("", exchange -> {}));
        assertThatThrownBy(() -> run("shpo"))
                .isInstanceOf(UsageException.class)
                .hasMessage("Unknown pipeline shpo. Did you mean shop?");
    }

    @Test
    void variablesDoNotLeakAsHeaders() throws Exception {
        List<Map<String, Object>> headers = new ArrayList<>();
        start(shop(
                "param.n=integer:3&param.x=decimal:1.50&param.b=boolean:true&param.s=string:&param.o=date?",
                (Exchange exchange) -> {
                    headers.add(Map.copyOf(exchange.getMessage().getHeaders()));
                    assertThat(exchange.getVariable("n")).isEqualTo(3L);
                    assertThat(exchange.getVariable("x")).isEqualTo(new BigDecimal("1.50"));
                    assertThat(exchange.getVariable("b")).isEqualTo(true);
                    assertThat(exchange.getVariable("s")).isEqualTo("");
                    assertThat(exchange.getVariable("o")).isNull();
                }));
        assertThat(run("shop").error()).isNull();
        assertThat(headers).containsExactly(Map.of());
    }
}
