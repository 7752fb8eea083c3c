package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.StepRecord;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.warehouse.WarehouseComponent;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;
import org.apache.camel.ServiceStatus;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.DefaultShutdownStrategy;
import org.apache.camel.test.junit5.CamelTestSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The components in a Camel application that knows nothing of Caravan's program, beside a route of its own. */
class PlainCamelTest extends CamelTestSupport {

    @TempDir
    Path directory;

    private final AtomicInteger attempts = new AtomicInteger();
    private final CountDownLatch inFlight = new CountDownLatch(1);

    @Override
    protected CamelContext createCamelContext() throws Exception {
        CamelContext camel = super.createCamelContext();
        PipelineComponent pipeline = camel.getComponent("pipeline", PipelineComponent.class);
        pipeline.setLedgerUrl("jdbc:sqlite:" + directory.resolve("ledger.db"));
        pipeline.setSchedule(true);
        camel.getComponent("warehouse", WarehouseComponent.class)
                .setDirectory(directory.resolve("warehouse").toString());
        return camel;
    }

    @Override
    protected RouteBuilder createRouteBuilder() {
        return new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:orders?retries=1&retryDelay=10&param.day=date:today")
                        .routeId("orders")
                        .step("extract")
                        .process(exchange -> {
                            if (attempts.incrementAndGet() == 1) {
                                throw new IOException("The shop is closed");
                            }
                        })
                        .to("direct:rows")
                        .end()
                        .step("load")
                        .to("warehouse:SHOP.SALES.ORDERS?mode=append")
                        .end();
                from("direct:rows")
                        .routeId("rows")
                        .step("read")
                        .setBody(constant(List.of(Map.of("id", 1, "item", "chair"), Map.of("id", 2, "item", "desk"))))
                        .end();
                from("pipeline:ticks?cron=* * * * * ?").routeId("ticks").to("mock:ticks");
                from("direct:greeting")
                        .routeId("greeting")
                        .errorHandler(deadLetterChannel("mock:dead"))
                        .step("greet-once")
                        .process(exchange ->
                                assertThat(stack()).noneMatch(name -> name.startsWith("dev.caravan.pipeline")))
                        .end()
                        .choice()
                        .when(body().isEqualTo("wrong"))
                        .throwException(new IllegalStateException("wrong"))
                        .when(body().isEqualTo("slow"))
                        .process(exchange -> {
                            inFlight.countDown();
                            Thread.sleep(1_000);
                        })
                        .end()
                        .to("mock:greeted")
                        .id("greet");
            }
        };
    }

    private static List<String> stack() {
        return StackWalker.getInstance().walk(frames -> frames.map(StackWalker.StackFrame::getClassName)
                .filter(name -> !name.contains("Test"))
                .toList());
    }

    private Pipelines pipelines() {
        return context.getComponent("pipeline", PipelineComponent.class).pipelines();
    }

    private long rows(String table) throws SQLException {
        Path file = directory.resolve("warehouse").resolve("SHOP.duckdb");
        try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + file);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT COUNT(*) FROM " + table)) {
            result.next();
            return result.getLong(1);
        }
    }

    @Test
    void aPipelineIsRetriedAndLoadsItsRowsOnce() throws Exception {
        RunRecord run = pipelines().run("orders", Map.of("day", "2026-01-31"));
        assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
        assertThat(run.attempts()).isEqualTo(2);
        assertThat(run.rows()).isEqualTo(2);
        assertThat(rows("SALES.ORDERS")).isEqualTo(2);
        assertThat(pipelines().ledger().history().attempts(run.id()).get(1).steps())
                .extracting(StepRecord::id)
                .containsExactlyInAnyOrder("extract", "read", "load");
        assertThat(pipelines().ledger().logs().list(run.id(), 0, 100))
                .anyMatch(line -> line.message().contains("The shop is closed"));
    }

    @Test
    void aPipelineRunsFromAnyRouteAndOnItsScheduleUnlessItIsPaused() throws Exception {
        attempts.set(1);
        template.sendBody("pipeline:orders", null);
        assertThat(pipelines().ledger().history().last("orders"))
                .hasValueSatisfying(run -> assertThat(run.trigger()).isEqualTo(Trigger.ROUTE));
        MockEndpoint ticks = getMockEndpoint("mock:ticks");
        await().atMost(Duration.ofSeconds(20)).until(() -> ticks.getReceivedCounter() >= 2);
        context.getRouteController().suspendRoute("ticks");
        assertThat(pipelines().get("ticks").paused()).isTrue();
        await().until(() -> pipelines().get("ticks").runs().stream()
                .noneMatch(run -> run.state().live()));
        int before = ticks.getReceivedCounter();
        await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
        assertThat(ticks.getReceivedCounter()).isEqualTo(before);
    }

    @Test
    void anotherRouteKeepsItsIdsItsErrorHandlingAndItsShutdown() throws Exception {
        assertThat(context.getProcessor("greet")).isNotNull();
        assertThat(context.getRoute("greeting").getNodePrefixId()).isNull();
        assertThat(context.getRoute("orders").getNodePrefixId()).isEqualTo("orders/");
        template.sendBody("direct:greeting", "hello");
        template.sendBody("direct:greeting", "wrong");
        getMockEndpoint("mock:greeted").expectedBodiesReceived("hello");
        getMockEndpoint("mock:dead").expectedBodiesReceived("wrong");
        MockEndpoint.assertIsSatisfied(context);

        CompletableFuture<Object> slow = template.asyncRequestBody("direct:greeting", "slow");
        assertThat(inFlight.await(10, TimeUnit.SECONDS)).isTrue();
        context.getRouteController().suspendRoute("greeting");
        assertThat(slow).isDone();
        assertThat(context.getRouteController().getRouteStatus("greeting")).isEqualTo(ServiceStatus.Suspended);
    }

    @Test
    void aContextWithoutPipelinesIsLeftAlone() throws Exception {
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:a").routeId("a").step("load").log("${body}").end();
                }
            });
            camel.start();
            assertThat(camel.getShutdownStrategy()).isExactlyInstanceOf(DefaultShutdownStrategy.class);
            assertThat(camel.getCamelContextExtension().getInterceptStrategies())
                    .noneMatch(strategy -> strategy.getClass().getName().startsWith("dev.caravan"));
            assertThat(camel.getRoute("a").getNodePrefixId()).isNull();
            assertThat(camel.hasComponent("pipeline")).isNull();
        }
    }
}
