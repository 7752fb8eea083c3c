package dev.caravan.operations.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.operations.Finding;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.PermanentException;
import dev.caravan.run.UsageException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the ledger tells of pipelines that do not run. */
class RunsCheckTest {

    @TempDir
    private Path home;

    private final DefaultCamelContext camel = new DefaultCamelContext();
    private volatile CountDownLatch reached = new CountDownLatch(1);
    private volatile CountDownLatch goOn = new CountDownLatch(1);
    private Pipelines pipelines;

    @BeforeEach
    void start() throws Exception {
        PipelineComponent pipeline = new PipelineComponent();
        pipeline.setLedgerUrl("jdbc:sqlite:" + home.resolve("ledger.db"));
        camel.addComponent("pipeline", pipeline);
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:fails").routeId("fails").process(exchange -> {
                    throw new PermanentException("The shop is closed");
                });
                from("pipeline:sound?cron=0 0 1 1 *").routeId("sound").log("done");
                from("pipeline:breaks").routeId("breaks").process(exchange -> {
                    waitForTheTest();
                    throw new PermanentException("The shop is closed");
                });
                from("pipeline:waits").routeId("waits").process(exchange -> waitForTheTest());
                from("pipeline:queues?onOverlap=queue").routeId("queues").process(exchange -> waitForTheTest());
            }
        });
        camel.start();
        pipelines = pipeline.pipelines();
    }

    private void waitForTheTest() throws InterruptedException {
        reached.countDown();
        assertThat(goOn.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @AfterEach
    void stop() {
        goOn.countDown();
        camel.stop();
    }

    /** What is wrong: the only finding that failed. */
    private Finding cause() {
        List<Finding> failed =
                Doctor.pipelines(pipelines).stream().filter(Finding::failed).toList();
        assertThat(failed).hasSize(1);
        return failed.get(0);
    }

    @Test
    void withoutRunsAndAfterGoodOnesThereIsNoCause() {
        assertThat(Doctor.pipelines(pipelines)).noneMatch(Finding::failed);

        pipelines.run("sound", Map.of());

        assertThat(Doctor.pipelines(pipelines)).hasSize(5).noneMatch(Finding::failed);
    }

    @Test
    void aPausedPipeline() {
        pipelines.pause("sound");

        assertThat(cause().check()).isEqualTo("pipeline paused");
        assertThat(cause().fix()).isEqualTo("caravan resume sound");
    }

    @Test
    void aRunThatFailed() {
        String run = pipelines.run("fails", Map.of()).id();

        assertThat(cause().check()).isEqualTo("run failed");
        assertThat(cause().found()).contains(run, "The shop is closed");
        assertThat(cause().fix()).contains("caravan runs retry " + run);
    }

    /** Somebody tried a parameter by hand, months ago. */
    @Test
    void aFailedRunDoesNotHideOthers() {
        pipelines.run("fails", Map.of());
        pipelines.pause("sound");

        assertThat(Doctor.pipelines(pipelines))
                .filteredOn(Finding::failed)
                .extracting(Finding::check)
                .containsExactly("pipeline paused", "run failed");
    }

    @Test
    void aRunThatIsInTheWayOfOthers() throws Exception {
        CompletableFuture<Void> first = CompletableFuture.runAsync(() -> pipelines.run("waits", Map.of()));
        assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
        pipelines.run("waits", Map.of());

        assertThat(cause().check()).isEqualTo("run stuck");
        assertThat(cause().found()).contains("of waits is running", "later slots are skipped");
        assertThat(cause().fix()).contains("caravan runs cancel ");

        goOn.countDown();
        first.get(30, TimeUnit.SECONDS);
    }

    @Test
    void aRunThatIsRetriedIsInTheWayOfNothingThatWasSkippedBefore() throws Exception {
        CompletableFuture<RunRecord> first = CompletableFuture.supplyAsync(() -> pipelines.run("breaks", Map.of()));
        assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
        pipelines.run("breaks", Map.of());
        goOn.countDown();
        String failed = first.get(30, TimeUnit.SECONDS).id();
        goOn = new CountDownLatch(1);
        reached = new CountDownLatch(1);
        CompletableFuture<RunRecord> again = CompletableFuture.supplyAsync(() -> pipelines.retry(failed));
        assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();

        assertThat(Doctor.pipelines(pipelines)).noneMatch(Finding::failed);

        goOn.countDown();
        again.get(30, TimeUnit.SECONDS);
    }

    @Test
    void aRunThatIsInTheWayOfMoreThanAnybodyWouldList() throws Exception {
        CompletableFuture<Void> first = CompletableFuture.runAsync(() -> pipelines.run("waits", Map.of()));
        assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
        for (int i = 0; i < 60; i++) {
            pipelines.run("waits", Map.of());
        }

        assertThat(cause().check()).isEqualTo("run stuck");
        assertThat(cause().found()).contains("of waits is running", "later slots are skipped");

        goOn.countDown();
        first.get(30, TimeUnit.SECONDS);
        assertThat(Doctor.pipelines(pipelines)).noneMatch(Finding::failed);
    }

    @Test
    void aRunThatOthersWaitFor() throws Exception {
        CompletableFuture<Void> first = CompletableFuture.runAsync(() -> pipelines.run("queues", Map.of()));
        assertThat(reached.await(30, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Void> second = CompletableFuture.runAsync(() -> pipelines.run("queues", Map.of()));
        await().atMost(Duration.ofSeconds(30)).until(() -> !pipelines
                .ledger()
                .history()
                .list("queues", RunState.SCHEDULED, 1)
                .isEmpty());

        assertThat(cause().check()).isEqualTo("run stuck");
        assertThat(cause().found()).contains("of queues is running", "later slots wait for it");

        goOn.countDown();
        CompletableFuture.allOf(first, second).get(60, TimeUnit.SECONDS);
    }

    @Test
    void aPausedPipelineWithoutSlotsMissesNone() {
        pipelines.pause("fails");

        assertThat(Doctor.pipelines(pipelines)).noneMatch(Finding::failed);
    }

    @Test
    void aLedgerThatCannotBeReachedIsACauseAsWell() {
        assertThat(Doctor.withoutPipelines(new PermanentException("Caravan cannot start: Connection refused"))
                        .check())
                .isEqualTo("ledger unreachable");
        assertThat(Doctor.withoutPipelines(new UsageException("routes/a.yaml, line 8: Unsupported field"))
                        .check())
                .isEqualTo("setting wrong");
    }

    @Test
    void aRunWhoseProcessDied() throws Exception {
        pipelines.run("sound", Map.of());
        try (Connection ledger = DriverManager.getConnection("jdbc:sqlite:" + home.resolve("ledger.db"));
                Statement statement = ledger.createStatement()) {
            // as if it were under way in a process that has not been heard of since
            statement.execute("UPDATE runs SET state = 'running', finished = NULL, lease_until = 1, token = 'gone'");
        }

        assertThat(cause().check()).isEqualTo("run crashed");
        assertThat(cause().found()).contains("lost its lease");
    }
}
