package dev.caravan.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.run.Load;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.RunIds;
import dev.caravan.run.TransientException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status.StatusCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a collector of OpenTelemetry receives of runs. */
class RunTracesTest {

    @TempDir
    Path directory;

    private final Properties settings = new Properties();
    private final List<ResourceSpans> received = new CopyOnWriteArrayList<>();
    private final List<String> authorizations = new CopyOnWriteArrayList<>();
    private HttpServer collector;

    @BeforeEach
    void startCollector() throws IOException {
        collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            authorizations.add(exchange.getRequestHeaders().getFirst("Authorization"));
            received.addAll(ExportTraceServiceRequest.parseFrom(exchange.getRequestBody())
                    .getResourceSpansList());
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
    }

    @AfterEach
    void stop() {
        collector.stop(0);
    }

    private void configure() {
        settings.setProperty(
                "otel.exporter.otlp.endpoint",
                "http://127.0.0.1:" + collector.getAddress().getPort());
    }

    /** Runs the pipeline "shop" in a process that ends then. */
    private RunRecord run() throws Exception {
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            PipelineComponent component = new PipelineComponent();
            component.setLedgerUrl("jdbc:sqlite:" + directory.resolve("ledger.db"));
            camel.addComponent("pipeline", component);
            camel.getPropertiesComponent().setInitialProperties(settings);
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("pipeline:shop?retries=1&retryDelay=1")
                            .routeId("shop")
                            .step("extract")
                            .log("read")
                            .end()
                            .step("load")
                            .process(exchange -> {
                                Run run = Run.of(exchange).orElseThrow();
                                run.addProgress(exchange, 5, 100);
                                if (run.attempt() == 1) {
                                    throw new TransientException("not yet, token=canary\nat all");
                                }
                                run.loaded(new Load(
                                        run.id() + "/shop/load",
                                        "DLT.SHOP.PRODUCTS",
                                        "append",
                                        5,
                                        5,
                                        0,
                                        0,
                                        100,
                                        null,
                                        null,
                                        List.of(),
                                        Map.of(),
                                        null,
                                        Instant.now()));
                            });
                    from("pipeline:broken").routeId("broken").process(exchange -> {
                        throw new PermanentException("broken");
                    });
                }
            });
            camel.start();
            Telemetry.start(camel, component.pipelines());
            component.pipelines().run("broken", Map.of());
            return component.pipelines().run("shop", Map.of());
        }
    }

    private List<Span> spans(RunRecord run) {
        return received.stream()
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .filter(span -> HexFormat.of()
                        .formatHex(span.getTraceId().toByteArray())
                        .equals(RunIds.trace(run.id())))
                .toList();
    }

    private static Map<String, Object> attributes(Span span) {
        return span.getAttributesList().stream()
                .collect(Collectors.toMap(
                        each -> each.getKey(),
                        each -> each.getValue().hasIntValue()
                                ? (Object) each.getValue().getIntValue()
                                : each.getValue().getStringValue()));
    }

    private static Span named(List<Span> spans, String name, int attempt) {
        return spans.stream()
                .filter(span -> span.getName().equals(name)
                        && attributes(span).getOrDefault("caravan.attempt", 0L).equals((long) attempt))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aRunIsATraceOfItsAttemptsAndTheirSteps() throws Exception {
        configure();
        settings.setProperty("otel.exporter.otlp.headers", "Authorization=Bearer%20of-the-collector");
        RunRecord run = run();
        assertThat(authorizations).isNotEmpty().containsOnly("Bearer of-the-collector");
        assertThat(received.get(0).getResource().toString()).contains("service.name", "\"caravan\"");
        List<Span> spans = spans(run);
        assertThat(spans)
                .extracting(Span::getName)
                .containsExactlyInAnyOrder("shop", "attempt 1", "attempt 2", "extract", "load", "extract", "load");
        Span root = named(spans, "shop", 0);
        assertThat(root.getParentSpanId().isEmpty()).isTrue();
        assertThat(attributes(root))
                .containsEntry("caravan.pipeline", "shop")
                .containsEntry("caravan.run", run.id())
                .containsEntry("caravan.state", "completed")
                .containsEntry("caravan.trigger", "manual")
                .containsEntry("caravan.rows", 10L)
                .containsEntry("caravan.bytes", 200L);
        assertThat(root.getStatus().getCode()).isEqualTo(StatusCode.STATUS_CODE_UNSET);
        assertThat(root.getStartTimeUnixNano()).isEqualTo(run.started().toEpochMilli() * 1_000_000);
        assertThat(root.getEndTimeUnixNano()).isEqualTo(run.finished().toEpochMilli() * 1_000_000);
        for (int attempt : new int[] {1, 2}) {
            Span its = named(spans, "attempt " + attempt, attempt);
            assertThat(its.getParentSpanId()).isEqualTo(root.getSpanId());
            assertThat(attributes(its)).containsEntry("caravan.rows", 5L);
            Span load = named(spans, "load", attempt);
            assertThat(load.getParentSpanId()).isEqualTo(its.getSpanId());
            assertThat(attributes(load)).containsEntry("caravan.rows", 5L).containsEntry("caravan.run", run.id());
            assertThat(load.getStatus().getCode())
                    .isEqualTo(attempt == 1 ? StatusCode.STATUS_CODE_ERROR : StatusCode.STATUS_CODE_UNSET);
        }
        Span failed = named(spans, "attempt 1", 1);
        assertThat(failed.getStatus().getMessage()).isEqualTo("not yet, token=xxxxxx");
        assertThat(failed.getEvents(0).getName()).isEqualTo("exception");
        Span.Event load = named(spans, "attempt 2", 2).getEvents(0);
        assertThat(load.getName()).isEqualTo("load");
        assertThat(load.getAttributesList().toString())
                .contains("caravan.table", "DLT.SHOP.PRODUCTS", run.id() + "/shop/load");
        assertThat(spans.toString()).doesNotContain("canary");
    }

    @Test
    void withoutAnEndpointNothingIsSent() throws Exception {
        run();
        configure();
        settings.setProperty("otel.sdk.disabled", "true");
        run();
        assertThat(received).isEmpty();
    }

    @Test
    void settingsThatOpenTelemetryRejectsFailNoRun() throws Exception {
        configure();
        settings.setProperty("otel.exporter.otlp.protocol", "grpc");
        assertThat(run().error()).isNull();
    }

    @Test
    void aCollectorThatIsDownFailsNoRun() throws Exception {
        configure();
        collector.stop(0);
        assertThat(run().error()).isNull();
    }
}
