package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.JavaProcess;
import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.UsageException;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several nodes that share a ledger in PostgreSQL. */
@Tag("slow")
class NodesTest {

    private static final Duration LEASE = Duration.ofSeconds(3);

    private static EmbeddedPostgres server;

    private static Jdbi ledger;

    @TempDir
    private Path directory;

    @BeforeAll
    static void startServer() throws IOException {
        server = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
        ledger = Jdbi.create(url(), "postgres", "postgres");
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @BeforeEach
    @AfterEach
    void empty() {
        ledger.useHandle(h -> {
            h.execute("DROP SCHEMA public CASCADE");
            h.execute("CREATE SCHEMA public");
        });
    }

    private static String url() {
        return "jdbc:postgresql://127.0.0.1:" + server.getPort() + "/postgres";
    }

    static PipelineContext node(Path directory, String url) {
        return new PipelineContext(directory).with(component -> {
            component.setLedgerUrl(url);
            component.setLedgerUsername("postgres");
            component.setLedgerPassword("postgres");
            component.setLease(LEASE.toMillis());
            component.setSchedule(true);
        });
    }

    /** A node that runs a pipeline without end, and says so. */
    static final class Victim {
        public static void main(String[] args) throws Exception {
            try (PipelineContext node = node(Path.of(args[0]), args[1]).start(new RouteBuilder() {
                @Override
                public void configure() {
                    from("pipeline:shop").routeId("shop").step("work").process(exchange -> {
                        System.out.println("working");
                        Thread.sleep(600_000);
                    });
                }
            })) {
                if (args.length == 2) {
                    node.pipelines().run("shop", Map.of());
                }
                Thread.sleep(600_000);
            }
        }
    }

    private Process victim() throws Exception {
        Process victim = JavaProcess.of(Victim.class, List.of(), directory.toString(), url())
                .start();
        BufferedReader said = victim.inputReader(StandardCharsets.UTF_8);
        assertThat(said.readLine()).isEqualTo("working");
        return victim;
    }

    /** A number in the ledger, read without Caravan, which would look for dead nodes. */
    private static long number(String sql) {
        return ledger.withHandle(h -> h.createQuery(sql).mapTo(Long.class).one());
    }

    @Test
    void aRunOfADeadNodeIsCrashedAlthoughNobodyLooksAndEndedWithItsLastSignOfLife() throws Exception {
        Process victim = victim();
        try (PipelineContext other = node(directory, url()).start()) {
            assertThat(other.component.isSchedule()).isTrue();
            long working = number("SELECT MAX(started) FROM attempts");
            victim.destroyForcibly().waitFor();
            long dead = number("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> number("SELECT COUNT(*) FROM runs WHERE state = 'crashed'") == 1);
            assertThat(number("SELECT finished FROM runs")).isBetween(working, dead);
            assertThat(number("SELECT finished FROM attempts")).isBetween(working, dead);
            assertThat(number("SELECT COUNT(*) FROM steps WHERE state <> 'crashed'"))
                    .isZero();
        }
    }

    private static RouteBuilder shop(Semaphore gate, String options) {
        return new RouteBuilder() {
            @Override
            public void configure() {
                for (int i = 0; i < 4; i++) {
                    from("pipeline:shop" + i + "?" + options)
                            .routeId("shop" + i)
                            .process(exchange -> gate.acquire());
                }
            }
        };
    }

    private static List<RunRecord> runs(PipelineContext context, RunState state) {
        return context.pipelines().ledger().history().list(null, state, 100);
    }

    @Test
    void aNodeWithFreePlacesTakesWhatWaitsOnAnother() throws Exception {
        Semaphore gate = new Semaphore(0);
        String yearly = "cron=0 0 1 1 *";
        try (PipelineContext one = node(directory, url())
                        .with(component -> component.setMaxConcurrentRuns(2))
                        .start(shop(gate, yearly));
                PipelineContext other = node(directory, url())
                        .with(component -> component.setMaxConcurrentRuns(1))
                        .start(shop(gate, yearly))) {
            Instant slot = Instant.parse("2026-01-01T00:00:00Z");
            one.component.slotRuns().start(slot, one.component.registry().all());
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> runs(one, RunState.RUNNING).size() == 3);
            assertThat(runs(one, RunState.SCHEDULED)).hasSize(1);
            assertThat(other.component.runner().active()).hasSize(1);
            gate.release(10);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> runs(one, RunState.COMPLETED).size() == 4);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> one.component.runner().active().isEmpty());
            assertThat(runs(one, RunState.COMPLETED)).allSatisfy(run -> {
                assertThat(run.slot()).isEqualTo(slot);
                assertThat(run.attempts()).isEqualTo(1);
            });
        }
        assertThat(gate.availablePermits()).isEqualTo(6);
    }

    @Test
    void requestedRunsThatWaitForEachOtherLeaveThePlacesToOthers() throws Exception {
        Semaphore gate = new Semaphore(0);
        try (PipelineContext service = node(directory, url())
                .with(component -> component.setMaxConcurrentRuns(3))
                .start(shop(gate, "onOverlap=queue"))) {
            for (int i = 0; i < 5; i++) {
                service.pipelines().enqueue("shop0", Map.of());
            }
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> runs(service, RunState.RUNNING).size() == 1);
            String other = service.pipelines().enqueue("shop1", Map.of());
            await().atMost(Duration.ofSeconds(60)).until(() -> runs(service, RunState.RUNNING).stream()
                    .anyMatch(run -> run.id().equals(other)));
            assertThat(runs(service, RunState.SCHEDULED))
                    .as("the rest of the queue is nobody's")
                    .anyMatch(run -> run.node() == null);
            gate.release(6);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> runs(service, RunState.COMPLETED).size() == 6);
        }
    }

    @Test
    void aRequestedRunIsExecutedByAServiceAndSoIsItsRetry() throws Exception {
        Semaphore gate = new Semaphore(0);
        try (PipelineContext client = node(directory, url())
                .with(component -> component.setSchedule(false))
                .start(shop(gate, "param.day=date&param.limit=integer:5"))) {
            assertThatThrownBy(() -> client.pipelines().enqueue("shop0", Map.of()))
                    .isInstanceOf(UsageException.class)
                    .hasMessageContaining("needs parameter day");
            String run = client.pipelines().enqueue("shop0", Map.of("day", "2026-01-31"));
            assertThat(client.pipelines().isServed()).isFalse();
            try (PipelineContext service = node(directory, url()).start(new RouteBuilder() {
                @Override
                public void configure() {
                    from("pipeline:shop0?param.day=date&param.limit=integer&retries=0")
                            .routeId("shop")
                            .filter(simple("${variable.day} == '2026-01-31' && ${variable.limit} == 5"))
                            .process(exchange -> {
                                if (gate.availablePermits() == 0) {
                                    throw new IllegalStateException("closed");
                                }
                            });
                }
            })) {
                assertThat(client.pipelines().isServed()).isTrue();
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> runs(client, RunState.FAILED).size() == 1);
                assertThat(runs(client, RunState.FAILED).get(0).error()).contains("closed");
                gate.release();
                client.pipelines().enqueueRetry(run);
                await().atMost(Duration.ofSeconds(60))
                        .until(() -> runs(client, RunState.COMPLETED).size() == 1);
                RunRecord completed = runs(service, RunState.COMPLETED).get(0);
                assertThat(completed.id()).isEqualTo(run);
                assertThat(completed.attempts()).isEqualTo(2);
                assertThat(completed.parameters()).containsEntry("limit", "5");
            }
        }
    }

    @Test
    void aRequestedRunOfADeadNodeIsTakenOver() throws Exception {
        String run;
        Process victim = JavaProcess.of(Victim.class, List.of(), directory.toString(), url(), "serve")
                .start();
        try (PipelineContext client = node(directory, url())
                .with(component -> component.setSchedule(false))
                .start(shop(new Semaphore(0), ""), shop())) {
            run = client.pipelines().enqueue("shop", Map.of());
            assertThat(victim.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("working");
        } finally {
            victim.destroyForcibly().waitFor();
        }
        try (PipelineContext service = node(directory, url()).start(shop())) {
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> runs(service, RunState.COMPLETED).size() == 1);
            assertThat(service.pipelines().ledger().history().attempts(run))
                    .extracting(AttemptRecord::state)
                    .containsExactly(RunState.CRASHED, RunState.COMPLETED);
        }
    }

    private static RouteBuilder shop() {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop").routeId("shop").log("done");
            }
        };
    }
}
