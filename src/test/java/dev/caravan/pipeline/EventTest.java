package dev.caravan.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.JavaProcess;
import dev.caravan.pipeline.RunEvent.Kind;
import dev.caravan.pipeline.ledger.Delivery;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.Failpoint;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.TransientException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What others hear of runs: Camel's event notifiers, and the receivers of messages. */
class EventTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SLOT = "2026-01-01T00:00:00Z";

    @TempDir
    Path directory;

    private final List<RunEvent> events = new CopyOnWriteArrayList<>();
    private final List<Message> messages = new CopyOnWriteArrayList<>();

    /** A pipeline "shop" that does some work, and a route that keeps the messages that it gets. */
    private RouteBuilder shop(String options, Processor work) {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?retryDelay=1" + options).routeId("shop").process(work);
                from("direct:tell").routeId("tell").process(this::keep);
                from("direct:alarm").routeId("alarm").process(this::keep);
            }

            private void keep(Exchange exchange) {
                messages.add(exchange.getMessage().copy());
            }
        };
    }

    private PipelineContext start(RouteBuilder routes) throws Exception {
        PipelineContext context = new PipelineContext(directory);
        context.camel.getManagementStrategy().addEventNotifier(new EventNotifierSupport() {
            @Override
            public void notify(CamelEvent event) {
                if (event instanceof RunEvent its) {
                    events.add(its);
                }
            }
        });
        return context.start(routes);
    }

    private RunRecord run(PipelineContext context) {
        return context.pipelines().run("shop", Map.of());
    }

    private static List<Delivery> undelivered(Path directory) {
        try (Ledger ledger = PipelineContext.ledger(directory)) {
            makeDue(directory);
            return ledger.outbox().due(10);
        }
    }

    private static void makeDue(Path directory) {
        Jdbi.create(PipelineContext.url(directory)).useHandle(h -> h.execute("UPDATE outbox SET due = 0"));
    }

    @Test
    void aRunThatIsRetriedHasBegunFailedOnceAndFinished() throws Exception {
        RunRecord run;
        try (PipelineContext context = start(shop("", exchange -> {
            Run current = Run.of(exchange).orElseThrow();
            current.addProgress(exchange, 5, 100);
            if (current.attempt() == 1) {
                throw new TransientException("not yet");
            }
        }))) {
            run = run(context);
            await().until(() -> events.size() == 3);
        }
        assertThat(events)
                .extracting(RunEvent::kind, RunEvent::pipeline, RunEvent::run, RunEvent::attempt)
                .containsExactly(
                        tuple(Kind.BEGUN, "shop", run.id(), 1),
                        tuple(Kind.ATTEMPT_FAILED, "shop", run.id(), 1),
                        tuple(Kind.FINISHED, "shop", run.id(), 2));
        assertThat(events.get(1).error()).contains("not yet");
        RunEvent end = events.get(2);
        assertThat(end.state()).isEqualTo(RunState.COMPLETED);
        assertThat(end.rows()).isEqualTo(10);
        assertThat(end.bytes()).isEqualTo(200);
        assertThat(end.duration()).isPresent();
        assertThat(end.error()).isEmpty();
    }

    @Test
    void theEndOfARunIsAMessageWithTheRunAsJson() throws Exception {
        try (PipelineContext context = start(shop(
                "&onFinished=direct:tell&onFailed=direct:alarm",
                exchange -> Run.of(exchange).orElseThrow().addProgress(exchange, 5, 100)))) {
            RunRecord run = run(context);
            // it is there when the command is over
            assertThat(messages).hasSize(1);
            assertThat(messages.get(0).getHeaders())
                    .containsEntry("CaravanPipeline", "shop")
                    .containsEntry("CaravanRun", run.id())
                    .containsEntry("CaravanState", "completed")
                    .containsEntry(Exchange.CONTENT_TYPE, "application/json");
            JsonNode body = JSON.readTree(messages.get(0).getBody(String.class));
            assertThat(body.get("run").textValue()).isEqualTo(run.id());
            assertThat(body.get("state").textValue()).isEqualTo("completed");
            assertThat(body.get("rows").longValue()).isEqualTo(5);
            assertThat(body.get("duration").isNumber()).isTrue();
            assertThat(body.get("error").isNull()).isTrue();
        }
        assertThat(undelivered(directory)).isEmpty();
    }

    @Test
    void aFailureGoesToBothReceiversAfterAllRetries() throws Exception {
        try (PipelineContext context =
                start(shop("&retries=2&onFinished=direct:tell&onFailed=direct:alarm", exchange -> {
                    throw new TransientException("out of order\nsince today");
                }))) {
            run(context);
            assertThat(messages).hasSize(2).allSatisfy(message -> assertThat(message.getHeaders())
                    .containsEntry("CaravanState", "failed")
                    .containsEntry("CaravanError", "out of order"));
            JsonNode body = JSON.readTree(messages.get(0).getBody(String.class));
            assertThat(body.get("attempts").intValue()).isEqualTo(3);
            assertThat(body.get("error").textValue()).isEqualTo("out of order\nsince today");
        }
    }

    @Test
    void theComponentsReceiverServesPipelinesWithoutOne() throws Exception {
        try (PipelineContext context = new PipelineContext(directory)
                .with(component -> component.setOnFinished("direct:tell"))
                .start(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:shop").routeId("shop").log("run");
                        from("pipeline:rates?onFinished=direct:own")
                                .routeId("rates")
                                .log("run");
                        from("direct:tell")
                                .process(exchange ->
                                        messages.add(exchange.getMessage().copy()));
                        from("direct:own").log("own");
                    }
                })) {
            run(context);
            context.pipelines().run("rates", Map.of());
        }
        assertThat(messages).hasSize(1);
        assertThat(undelivered(directory)).isEmpty();
    }

    @Test
    void aReceiverThatFailsDoesNotFailTheRunAndGetsTheMessageLater() throws Exception {
        AtomicBoolean down = new AtomicBoolean(true);
        try (PipelineContext context = start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?onFinished=direct:tell").routeId("shop").log("run");
                from("direct:tell").errorHandler(noErrorHandler()).process(exchange -> {
                    messages.add(exchange.getMessage().copy());
                    if (down.get()) {
                        throw new IllegalStateException("no connection");
                    }
                });
            }
        })) {
            assertThat(run(context).state()).isEqualTo(RunState.COMPLETED);
            assertThat(messages).hasSize(1);
            down.set(false);
            makeDue(directory);
            await().until(() -> messages.size() == 2);
            // the same message
            assertThat(messages.get(1).getHeader("CaravanMessage"))
                    .isEqualTo(messages.get(0).getHeader("CaravanMessage"));
        }
        assertThat(undelivered(directory)).isEmpty();
    }

    @Tag("slow")
    @Test
    void aReceiverThatHangsDelaysNeitherTheRunNorOtherReceivers() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        try (PipelineContext context = start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?onFinished=direct:hang&onFailed=direct:alarm")
                        .routeId("shop")
                        .process(exchange -> {
                            throw new PermanentException("broken");
                        });
                from("direct:hang").process(exchange -> gate.await());
                from("direct:alarm")
                        .process(exchange -> messages.add(exchange.getMessage().copy()));
            }
        })) {
            PipelineConsumer shop = context.component.registry().get("shop");
            shop.runSlot(Instant.parse(SLOT));
            await().until(() -> messages.size() == 1);
            await().until(() -> shop.getPendingExchangesSize() == 0);
            shop.runSlot(Instant.parse(SLOT).plusSeconds(1));
            await().until(() -> messages.size() == 2);
            gate.countDown();
        }
    }

    @Test
    void anEventNotifierThatHangsOrFailsDelaysNoRun() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        try (PipelineContext context = new PipelineContext(directory)) {
            context.camel.getManagementStrategy().addEventNotifier(new EventNotifierSupport() {
                @Override
                public void notify(CamelEvent event) throws Exception {
                    if (event instanceof RunEvent) {
                        gate.await();
                        throw new IllegalStateException("broken");
                    }
                }
            });
            context.start(shop("", exchange -> {}));
            assertThat(run(context).state()).isEqualTo(RunState.COMPLETED);
            assertThat(run(context).state()).isEqualTo(RunState.COMPLETED);
            gate.countDown();
        }
    }

    @Test
    void aPipelineThatFollowsAnotherRunsOnceEvenIfItFails() throws Exception {
        try (PipelineContext context = start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?onFinished=pipeline:report").routeId("shop").log("run");
                from("pipeline:report?retries=0").routeId("report").process(exchange -> {
                    throw new TransientException("no report");
                });
            }
        })) {
            run(context);
            assertThat(context.pipelines().ledger().history().list("report", null, 10))
                    .extracting(RunRecord::state)
                    .containsExactly(RunState.FAILED);
        }
        assertThat(undelivered(directory)).isEmpty();
    }

    private static RouteBuilder followed(CountDownLatch begun, Processor report) {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?onFinished=pipeline:report").routeId("shop").log("run");
                from("pipeline:report?retries=0")
                        .routeId("report")
                        .process(exchange -> begun.countDown())
                        .process(report);
            }
        };
    }

    @Tag("slow")
    @Test
    void aPipelineThatFollowsAnotherRunsAgainAfterAStopHasEndedIt() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        try (PipelineContext context = new PipelineContext(directory)) {
            context.camel.getShutdownStrategy().setTimeout(1);
            context.start(followed(begun, exchange -> Thread.sleep(600_000)));
            context.component.registry().get("shop").runSlot(Instant.parse(SLOT));
            begun.await();
        }
        assertThat(undelivered(directory)).hasSize(1);
        try (PipelineContext context = new PipelineContext(directory)
                .with(component -> component.setSchedule(true))
                .start(followed(begun, exchange -> {}))) {
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(
                            context.pipelines().ledger().history().list("report", null, 10))
                    .extracting(RunRecord::state)
                    .containsExactly(RunState.COMPLETED, RunState.CANCELLED));
        }
        assertThat(undelivered(directory)).isEmpty();
    }

    @Tag("slow")
    @Test
    void aSlotThatAStopHasEndedInItsLastAttemptHasCrashed() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        String options = "&retries=0&cron=0 0 1 1 *&onFailed=direct:alarm";
        try (PipelineContext context = new PipelineContext(directory).with(component -> component.setSchedule(true))) {
            context.camel.getShutdownStrategy().setTimeout(1);
            context.start(shop(options, exchange -> {
                begun.countDown();
                Thread.sleep(600_000);
            }));
            context.component.registry().get("shop").runSlot(Instant.parse(SLOT));
            begun.await();
        }
        try (PipelineContext context = new PipelineContext(directory)
                .with(component -> component.setSchedule(true))
                .start(shop(options, exchange -> {}))) {
            await().atMost(Duration.ofSeconds(60)).until(() -> !messages.isEmpty());
            assertThat(context.camel.isStarted()).isTrue();
        }
        assertThat(messages).hasSize(1);
        assertThat(messages.get(0).getHeader("CaravanState")).isEqualTo("crashed");
        assertThat(messages.get(0).getHeader("CaravanError", String.class))
                .contains("Caravan was stopped", "it was in its last attempt");
    }

    @Test
    void theRouteKnowsTheIntervalOfItsSlot() throws Exception {
        List<Object> seen = new CopyOnWriteArrayList<>();
        try (PipelineContext context = start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?cron=0 6 * * *&timeZone=Europe/Berlin")
                        .routeId("shop")
                        .setBody(simple("${variable.slot} ${variable.slotEnd}"))
                        .process(exchange -> seen.add(exchange.getMessage().getBody(String.class)));
            }
        })) {
            context.component.registry().get("shop").runSlot(Instant.parse("2026-03-28T05:00:00Z"));
            await().until(() -> seen.size() == 1);
        }
        // the clocks change in between
        assertThat(seen).containsExactly("2026-03-28T05:00:00Z 2026-03-29T04:00:00Z");
    }

    /** A process that ends in the middle of a run, or before it can deliver its message. */
    static final class Victim {
        public static void main(String[] args) throws Exception {
            try (PipelineContext context = server(Path.of(args[0]), exchange -> Failpoint.hit("tell"))) {
                context.component.registry().get("shop").runSlot(Instant.parse(SLOT));
                Thread.sleep(30_000);
            }
        }
    }

    private static PipelineContext server(Path directory, Processor receiver) throws Exception {
        return new PipelineContext(directory)
                .with(component -> component.setSchedule(true))
                .start(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:shop?cron=0 0 1 1 *&retries=0&onFinished=direct:tell")
                                .routeId("shop")
                                .process(exchange -> Failpoint.hit("work"));
                        from("direct:tell").process(receiver);
                    }
                });
    }

    private void kill(String failpoint) throws Exception {
        assertThat(JavaProcess.of(Victim.class, List.of("-Dcaravan.failpoint=" + failpoint), directory.toString())
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor())
                .isEqualTo(137);
    }

    @Tag("slow")
    @Test
    void theMessageOfAProcessThatDiesBeforeItsDeliveryIsDeliveredOnceByAnother() throws Exception {
        kill("tell");
        makeDue(directory);
        try (PipelineContext one = server(directory, exchange -> messages.add(exchange.getMessage()));
                PipelineContext two = server(directory, exchange -> messages.add(exchange.getMessage()))) {
            await().atMost(Duration.ofSeconds(60)).until(() -> !messages.isEmpty());
            Thread.sleep(3_000);
            assertThat(one.camel.isStarted() && two.camel.isStarted()).isTrue();
        }
        assertThat(messages).hasSize(1);
        assertThat(messages.get(0).getHeader("CaravanState")).isEqualTo("completed");
    }

    @Tag("slow")
    @Test
    void aProcessWithoutThePipelineLeavesTheAnnouncementToOthers() throws Exception {
        try (PipelineContext other = new PipelineContext(directory)
                .with(component -> component.setSchedule(true))
                .start(new RouteBuilder() {
                    @Override
                    public void configure() {
                        from("pipeline:other").routeId("other").log("run");
                    }
                })) {
            kill("work");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> other.pipelines()
                                    .ledger()
                                    .history()
                                    .list("shop", RunState.CRASHED, 1)
                                    .size()
                            == 1);
            // as if somebody had started it: nobody takes it over
            Jdbi.create(PipelineContext.url(directory)).useHandle(h -> h.execute("UPDATE runs SET interrupted = 0"));
            Thread.sleep(5_000);
        }
        try (PipelineContext server = server(directory, exchange -> messages.add(exchange.getMessage()))) {
            await().atMost(Duration.ofSeconds(60)).until(() -> !messages.isEmpty());
            assertThat(server.camel.isStarted()).isTrue();
        }
        assertThat(messages).hasSize(1);
        assertThat(messages.get(0).getHeader("CaravanState")).isEqualTo("crashed");
    }

    @Tag("slow")
    @Test
    void aCrashIsAnnouncedOnceByTheProcessesThatAreLeft() throws Exception {
        try (PipelineContext one = server(directory, exchange -> messages.add(exchange.getMessage()));
                PipelineContext two = server(directory, exchange -> messages.add(exchange.getMessage()))) {
            kill("work");
            await().atMost(Duration.ofSeconds(60)).until(() -> !messages.isEmpty());
            Thread.sleep(3_000);
            assertThat(one.camel.isStarted() && two.camel.isStarted()).isTrue();
        }
        assertThat(messages).hasSize(1);
        assertThat(messages.get(0).getHeader("CaravanState")).isEqualTo("crashed");
        assertThat(messages.get(0).getHeader("CaravanError", String.class)).contains("exited unexpectedly");
    }
}
