package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.JavaProcess;
import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.Failpoint;
import dev.caravan.run.Run;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ledger says when a process ends without a word. */
class CrashTest {

    private static final String SLOT = "2026-01-01T00:00:00Z";

    @TempDir
    Path directory;

    private static RouteBuilder shop() {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop").routeId("shop").step("work").process(exchange -> Run.of(exchange)
                        .orElseThrow()
                        .addProgress(exchange, 1, 1));
            }
        };
    }

    /** The process that ends. */
    static final class Victim {
        public static void main(String[] args) throws Exception {
            try (PipelineContext context = new PipelineContext(Path.of(args[0])).start(shop())) {
                context.pipelines().run("shop", Map.of());
            }
        }
    }

    /** A process with schedules: takes up what it finds, or runs the pipeline for a slot. */
    static final class Server {
        public static void main(String[] args) throws Exception {
            try (PipelineContext context = server(Path.of(args[0]))) {
                if (args.length > 1) {
                    context.component.registry().get("shop").runSlot(Instant.parse(args[1]));
                }
                Thread.sleep(30_000);
            }
        }
    }

    private static PipelineContext server(Path directory) throws Exception {
        return new PipelineContext(directory)
                .with(component -> {
                    component.setSchedule(true);
                    component.setLease(3_000);
                })
                .start(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:shop?cron=0 0 1 1 *&retries=2")
                                .routeId("shop")
                                .process(exchange -> Failpoint.hit("work"));
                    }
                });
    }

    private int victim(String failpoint) throws Exception {
        return process(failpoint, Victim.class, directory.toString());
    }

    private static int process(String failpoint, Class<?> main, String... arguments) throws Exception {
        return JavaProcess.of(main, List.of("-Dcaravan.failpoint=" + failpoint), arguments)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private static RunRecord last(PipelineContext context) {
        return context.pipelines().ledger().history().last("shop").orElseThrow();
    }

    private List<RunState> attempts() {
        try (Ledger ledger = PipelineContext.ledger(directory)) {
            return ledger
                    .history()
                    .attempts(ledger.history().last("shop").orElseThrow().id())
                    .stream()
                    .map(AttemptRecord::state)
                    .toList();
        }
    }

    @Tag("slow")
    @Test
    void aRunForASlotIsTakenUpByTheNextProcessWithSchedules() throws Exception {
        assertThat(process("work", Server.class, directory.toString(), SLOT)).isEqualTo(137);
        try (PipelineContext onDemand = new PipelineContext(directory).start(shop())) {
            Thread.sleep(2_000);
            assertThat(last(onDemand).state()).isEqualTo(RunState.CRASHED);
        }
        try (PipelineContext server = server(directory)) {
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(last(server).state()).isEqualTo(RunState.COMPLETED));
            assertThat(last(server).slot()).isEqualTo(Instant.parse(SLOT));
            assertThat(last(server).trigger()).isEqualTo(Trigger.SCHEDULE);
        }
        assertThat(attempts()).containsExactly(RunState.CRASHED, RunState.COMPLETED);
    }

    @Tag("slow")
    @Test
    void aRunForASlotIsTakenUpByAnotherProcessThatIsUpAlready() throws Exception {
        try (PipelineContext server = server(directory)) {
            assertThat(process("work", Server.class, directory.toString(), SLOT))
                    .isEqualTo(137);
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(last(server).state()).isEqualTo(RunState.COMPLETED));
        }
        assertThat(attempts()).containsExactly(RunState.CRASHED, RunState.COMPLETED);
    }

    @Tag("slow")
    @Test
    void aRunThatKillsItsProcessEachTimeStaysCrashedWhenItsRetriesAreUsedUp() throws Exception {
        assertThat(process("work", Server.class, directory.toString(), SLOT)).isEqualTo(137);
        assertThat(process("work", Server.class, directory.toString())).isEqualTo(137);
        assertThat(process("work", Server.class, directory.toString())).isEqualTo(137);
        try (PipelineContext server = server(directory)) {
            Thread.sleep(3_000);
            assertThat(last(server).state()).isEqualTo(RunState.CRASHED);
            assertThat(last(server).attempts()).isEqualTo(3);
        }
        assertThat(attempts()).containsOnly(RunState.CRASHED).hasSize(3);
    }

    @Tag("slow")
    @Test
    void theRetryOfARunThatUsedUpItsRetriesHasThemAnew() throws Exception {
        for (int i = 0; i < 3; i++) {
            assertThat(process("work", Server.class, directory.toString(), SLOT))
                    .isEqualTo(137);
        }
        try (PipelineContext server = server(directory)) {
            await().atMost(Duration.ofSeconds(60))
                    .until(() ->
                            server.pipelines().ledger().history().interrupted().isEmpty());
            assertThat(last(server).error()).contains("exited unexpectedly", "it was in its last attempt");
        }
        try (PipelineContext client = new PipelineContext(directory).start(shop())) {
            client.pipelines().enqueueRetry(last(client).id());
        }
        assertThat(process("work", Server.class, directory.toString())).isEqualTo(137);
        try (PipelineContext server = server(directory)) {
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(last(server).state()).isEqualTo(RunState.COMPLETED));
        }
        assertThat(attempts()).hasSize(5).endsWith(RunState.CRASHED, RunState.COMPLETED);
    }

    @Tag("slow")
    @Test
    void aRunThatIsTakenOverWhileTheLedgerFailsIsTakenOverAgain() throws Exception {
        Jdbi ledger = Jdbi.create(PipelineContext.url(directory));
        try (PipelineContext server = server(directory)) {
            ledger.useHandle(h -> {
                h.execute("ALTER TABLE log_lines RENAME TO lost_lines");
                h.execute("INSERT INTO runs (id, pipeline, slot, trigger, parameters, state, created, interrupted)"
                        + " VALUES ('1', 'shop', 1, 'schedule', '{}', 'crashed', 1, 1)");
            });
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> ledger.withHandle(h -> h.createQuery("SELECT state FROM runs")
                            .mapTo(String.class)
                            .one()
                            .equals("scheduled")));
            ledger.useHandle(h -> h.execute("ALTER TABLE lost_lines RENAME TO log_lines"));
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(last(server).state()).isEqualTo(RunState.COMPLETED));
        }
    }

    @Tag("slow")
    @Test
    void aRunByHandIsNotTakenUp() throws Exception {
        assertThat(victim("ledger.finish")).isEqualTo(137);
        try (PipelineContext server = server(directory)) {
            Thread.sleep(2_000);
            assertThat(last(server).state()).isEqualTo(RunState.CRASHED);
        }
    }

    @Tag("slow")
    @Test
    void aPausedPipelinesRunIsTakenUpWhenItIsResumed() throws Exception {
        assertThat(process("work", Server.class, directory.toString(), SLOT)).isEqualTo(137);
        try (Ledger ledger = PipelineContext.ledger(directory)) {
            ledger.pipelines().pause("shop", true);
        }
        try (PipelineContext server = server(directory)) {
            Thread.sleep(3_000);
            assertThat(last(server).state()).isEqualTo(RunState.CRASHED);
            server.pipelines().resume("shop");
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(last(server).state()).isEqualTo(RunState.COMPLETED));
        }
    }

    @Tag("slow")
    @Test
    void aRunThatWaitsToBeTakenUpCanBeCancelled() throws Exception {
        assertThat(process("work", Server.class, directory.toString(), SLOT)).isEqualTo(137);
        try (PipelineContext onDemand = new PipelineContext(directory).start(shop())) {
            onDemand.pipelines().cancel(last(onDemand).id());
        }
        try (PipelineContext server = server(directory)) {
            Thread.sleep(2_000);
            assertThat(last(server).state()).isEqualTo(RunState.CANCELLED);
        }
    }

    @Tag("slow")
    @Test
    void aLackOfMemoryEndsTheProcess() throws Exception {
        assertThat(process("work:error", Server.class, directory.toString(), SLOT))
                .isEqualTo(3);
        assertThat(attempts()).containsExactly(RunState.CRASHED);
        assertThat(process("ledger.beat:error@2", Server.class, directory.toString()))
                .isEqualTo(3);
    }

    @Test
    void aRunWhoseEndTheLedgerNeverHeardOfIsCrashedAndCanBeRetried() throws Exception {
        assertThat(victim("ledger.finish:halt")).isEqualTo(137);
        try (PipelineContext context = new PipelineContext(directory).start(shop())) {
            RunRecord crashed =
                    context.pipelines().ledger().history().last("shop").orElseThrow();
            assertThat(crashed.state()).isEqualTo(RunState.CRASHED);
            assertThat(crashed.error()).contains("exited unexpectedly");

            RunRecord next = context.pipelines().run("shop", Map.of());
            assertThat(next.state()).isEqualTo(RunState.COMPLETED);

            RunRecord retried = context.pipelines().retry(crashed.id());
            assertThat(retried.state()).isEqualTo(RunState.COMPLETED);
            assertThat(context.pipelines().ledger().history().attempts(crashed.id()))
                    .extracting(AttemptRecord::state)
                    .containsExactly(RunState.CRASHED, RunState.COMPLETED);
        }
    }

    @Tag("slow")
    @Test
    void aLedgerThatFailsToAnswerOnceIsAskedAgain() throws Exception {
        assertThat(victim("ledger.finish:throw")).isZero();
        try (PipelineContext context = new PipelineContext(directory).start(shop())) {
            assertThat(context.pipelines()
                            .ledger()
                            .history()
                            .last("shop")
                            .orElseThrow()
                            .state())
                    .isEqualTo(RunState.COMPLETED);
        }
    }

    /** As after a sleep of the machine, when somebody else has found the lease lapsed. */
    @Tag("slow")
    @Test
    void aRunThatWasLostAndIsTakenUpByTheSameProcessIsUnderWayHere() throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        Semaphore gate = new Semaphore(0);
        try (PipelineContext context = new PipelineContext(directory)
                .with(component -> {
                    component.setSchedule(true);
                    component.setLease(3_000);
                })
                .start(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:shop?cron=0 0 1 1 *&retries=2")
                                .routeId("shop")
                                .process(exchange -> {
                                    if (attempts.incrementAndGet() == 1) {
                                        // does not end at once
                                        gate.acquireUninterruptibly();
                                    } else {
                                        gate.acquire();
                                    }
                                });
                    }
                })) {
            context.component.registry().get("shop").runSlot(Instant.parse(SLOT));
            await().until(() -> attempts.get() == 1);
            Jdbi.create(PipelineContext.url(directory))
                    .useHandle(h -> h.execute("UPDATE runs SET state = 'crashed', token = NULL, lease_until = NULL,"
                            + " interrupted = 1"));
            await().atMost(Duration.ofSeconds(60)).until(() -> attempts.get() == 2);
            // by now the first attempt has been left behind
            Thread.sleep(7_000);
            assertThat(context.component
                            .runner()
                            .countActive(context.component.registry().get("shop")))
                    .isEqualTo(1);
            gate.release(2);
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(last(context).state()).isEqualTo(RunState.COMPLETED));
        }
        assertThat(attempts).hasValue(2);
    }
}
