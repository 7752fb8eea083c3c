package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.UsageException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pause is one thing, whoever asks for it: an MBean, the API, another process. */
class PauseTest {

    private static final MBeanServer MBEANS = ManagementFactory.getPlatformMBeanServer();

    @TempDir
    Path directory;

    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch gate = new CountDownLatch(1);

    private PipelineContext start() throws Exception {
        return new PipelineContext(directory).start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?param.wait=boolean:false")
                        .routeId("shop-route")
                        .process(exchange -> {
                            begun.countDown();
                            if (exchange.getVariable("wait", Boolean.class)) {
                                gate.await();
                            }
                        });
            }
        });
    }

    private static ObjectName route(PipelineContext context) throws JMException {
        return new ObjectName(
                "org.apache.camel:context=" + context.camel.getManagementName() + ",type=routes,name=\"shop-route\"");
    }

    private static Object state(PipelineContext context) throws JMException {
        return MBEANS.getAttribute(route(context), "State");
    }

    private static void jmx(PipelineContext context, String operation) throws JMException {
        MBEANS.invoke(route(context), operation, new Object[0], new String[0]);
    }

    @Tag("slow")
    @Test
    void theMBeanPausesAndResumesForEverybody() throws Exception {
        try (PipelineContext context = start();
                PipelineContext elsewhere = start();
                Ledger ledger = PipelineContext.ledger(directory)) {
            jmx(context, "suspend");
            assertThat(state(context)).isEqualTo("Suspended");
            assertThat(ledger.pipelines().pauses().get("shop").paused()).isTrue();
            assertThat(context.pipelines().get("shop").paused()).isTrue();
            await().untilAsserted(() -> assertThat(state(elsewhere)).isEqualTo("Suspended"));

            jmx(elsewhere, "resume");
            assertThat(ledger.pipelines().pauses().get("shop").paused()).isFalse();
            await().untilAsserted(() -> assertThat(state(context)).isEqualTo("Started"));
        }
    }

    @Tag("slow")
    @Test
    void anotherProcessPausesAndResumesWhatTheMBeanShows() throws Exception {
        try (PipelineContext context = start();
                Ledger ledger = PipelineContext.ledger(directory)) {
            ledger.pipelines().pause("shop", true);
            await().untilAsserted(() -> assertThat(state(context)).isEqualTo("Suspended"));
            ledger.pipelines().pause("shop", false);
            await().untilAsserted(() -> assertThat(state(context)).isEqualTo("Started"));
            assertThat(ledger.pipelines().pauses().get("shop").revision()).isEqualTo(2);
        }
    }

    @Test
    void theApiPausesAndResumesAtOnce() throws Exception {
        try (PipelineContext context = start()) {
            context.pipelines().pause("shop");
            assertThat(state(context)).isEqualTo("Suspended");
            assertThat(context.pipelines().get("shop").paused()).isTrue();
            context.pipelines().resume("shop");
            assertThat(state(context)).isEqualTo("Started");
            assertThatThrownBy(() -> context.pipelines().pause("shpo")).isInstanceOf(UsageException.class);
        }
    }

    @Test
    void aPauseOutlivesTheProcessAndAShutdownIsNone() throws Exception {
        try (PipelineContext context = start()) {
            assertThat(state(context)).isEqualTo("Started");
        }
        try (PipelineContext context = start()) {
            assertThat(state(context)).isEqualTo("Started");
            assertThat(context.pipelines().get("shop").paused()).isFalse();
            jmx(context, "suspend");
        }
        try (PipelineContext context = start()) {
            assertThat(state(context)).isEqualTo("Suspended");
            assertThat(context.pipelines().get("shop").paused()).isTrue();
            jmx(context, "resume");
        }
        try (PipelineContext context = start()) {
            assertThat(state(context)).isEqualTo("Started");
        }
    }

    @Test
    void aPausedPipelineRunsByHand() throws Exception {
        try (PipelineContext context = start()) {
            jmx(context, "suspend");
            assertThat(context.pipelines().run("shop", Map.of()).state()).isEqualTo(RunState.COMPLETED);
            assertThat(state(context)).isEqualTo("Suspended");
        }
    }

    @Test
    void aPauseNeitherWaitsForTheRunUnderWayNorEndsIt() throws Exception {
        try (PipelineContext context = start()) {
            CompletableFuture<RunRecord> run =
                    CompletableFuture.supplyAsync(() -> context.pipelines().run("shop", Map.of("wait", "true")));
            begun.await();
            long before = System.nanoTime();
            jmx(context, "suspend");
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
            assertThat(run).isNotDone();
            gate.countDown();
            assertThat(run.get(5, TimeUnit.SECONDS).state()).isEqualTo(RunState.COMPLETED);
        }
    }

    @Test
    void aStoppedRouteRefusesToRunAndAStartedOneDoesNot() throws Exception {
        try (PipelineContext context = start()) {
            jmx(context, "stop");
            assertThatThrownBy(() -> context.pipelines().run("shop", Map.of()))
                    .isInstanceOf(UsageException.class)
                    .hasMessage("Pipeline shop is stopped: start its route shop-route first");
            assertThat(context.pipelines().ledger().history().list(null, null, 10))
                    .isEqualTo(List.of());
            jmx(context, "start");
            assertThat(context.pipelines().run("shop", Map.of()).state()).isEqualTo(RunState.COMPLETED);
            jmx(context, "suspend");
            jmx(context, "resume");
            assertThat(context.pipelines().get("shop").paused()).isFalse();
        }
    }

    @Tag("slow")
    @Test
    void aPausedRouteThatIsStoppedAndStartedStaysPaused() throws Exception {
        try (PipelineContext context = start()) {
            jmx(context, "suspend");
            jmx(context, "stop");
            jmx(context, "start");
            await().untilAsserted(() -> assertThat(state(context)).isEqualTo("Suspended"));
            assertThat(context.pipelines().get("shop").paused()).isTrue();
            jmx(context, "resume");
            assertThat(context.pipelines().get("shop").paused()).isFalse();
        }
    }
}
