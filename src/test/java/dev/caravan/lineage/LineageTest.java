package dev.caravan.lineage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariDataSource;
import dev.caravan.local.LocalS3;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.PermanentException;
import dev.caravan.run.RunIds;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.WarehouseComponent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;

/** What a server of OpenLineage receives of runs. */
class LineageTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> FACETS = List.of(
            "ErrorMessageRunFacet",
            "JobTypeJobFacet",
            "NominalTimeRunFacet",
            "OutputStatisticsOutputDatasetFacet",
            "ProcessingEngineRunFacet",
            "SchemaDatasetFacet");

    @TempDir
    Path directory;

    private final Properties settings = new Properties();
    private final AtomicInteger status = new AtomicInteger(201);
    private final List<JsonNode> events = new CopyOnWriteArrayList<>();
    private final List<String> refused = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private HttpServer server;

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().getFirst("Content-Type") + " "
                    + exchange.getRequestHeaders().getFirst("Authorization"));
            JsonNode event = JSON.readTree(exchange.getRequestBody());
            if (status.get() < 300) {
                events.add(event);
            } else {
                refused.add(event.path("eventType").asText());
            }
            exchange.sendResponseHeaders(status.get(), -1);
            exchange.close();
        });
        server.start();
        settings.setProperty(
                "openlineage.url", "http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private String url() {
        return "jdbc:sqlite:" + directory.resolve("ledger.db");
    }

    /** A process with the pipelines "shop" and "broken". */
    private DefaultCamelContext process() throws Exception {
        DefaultCamelContext camel = new DefaultCamelContext();
        PipelineComponent component = new PipelineComponent();
        component.setLedgerUrl(url());
        camel.addComponent("pipeline", component);
        WarehouseComponent warehouse = new WarehouseComponent();
        warehouse.setDirectory(directory.resolve("warehouse").toString());
        camel.addComponent("warehouse", warehouse);
        HikariDataSource shop = new HikariDataSource();
        shop.setJdbcUrl("jdbc:sqlite:" + directory.resolve("shop.db"));
        Jdbi.create(shop)
                .useHandle(h -> h.execute("CREATE TABLE IF NOT EXISTS products AS SELECT 1 AS id, 'chair' AS name"
                        + " UNION SELECT 2, 'desk'"));
        camel.getRegistry().bind("shop", shop);
        camel.getPropertiesComponent().setInitialProperties(settings);
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:shop?retries=0&cron=0 0 1 1 *")
                        .routeId("shop")
                        .step("extract")
                        .setBody(constant("SELECT id, name FROM products"))
                        .to("jdbc:shop")
                        .end()
                        .step("load")
                        .to("warehouse:DLT.APP.PRODUCTS?mode=append");
                from("pipeline:broken?retries=0").routeId("broken").process(exchange -> {
                    throw new PermanentException("no rows for token=canary");
                });
            }
        });
        Lineage.configure(camel);
        camel.start();
        return camel;
    }

    private static RunRecord run(DefaultCamelContext camel, String pipeline) {
        return camel.getComponent("pipeline", PipelineComponent.class)
                .pipelines()
                .run(pipeline, Map.of());
    }

    private List<String> types(RunRecord run) {
        return events.stream()
                .filter(event -> event.at("/run/runId")
                        .asText()
                        .equals(RunIds.uuid(run.id()).toString()))
                .map(event -> event.path("eventType").asText())
                .toList();
    }

    /** Validates the events against the JSON schema of OpenLineage and those of the facets. */
    private void requireValid() {
        Map<String, String> locations = new HashMap<>();
        locations.put("https://openlineage.io/spec/2-0-2/OpenLineage.json", "classpath:openlineage/OpenLineage.json");
        JsonSchemaFactory factory = JsonSchemaFactory.getInstance(
                VersionFlag.V202012, builder -> builder.schemaMappers(mappers -> mappers.mappings(locations)));
        SchemaValidatorsConfig config =
                SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();
        JsonSchema event = factory.getSchema(SchemaLocation.of("classpath:openlineage/OpenLineage.json"), config);
        List<JsonSchema> facets = FACETS.stream()
                .map(name -> factory.getSchema(SchemaLocation.of("classpath:openlineage/" + name + ".json"), config))
                .toList();
        for (JsonNode each : events) {
            assertThat(event.validate(each)).as(each.toString()).isEmpty();
            for (JsonNode holder : each.findParents("facets")) {
                facets.forEach(facet ->
                        assertThat(facet.validate(holder.get("facets"))).isEmpty());
            }
            for (JsonNode holder : each.findParents("outputFacets")) {
                facets.forEach(facet ->
                        assertThat(facet.validate(holder.get("outputFacets"))).isEmpty());
            }
        }
    }

    @Test
    void aRunStartsAndCompletesWithWhatItHasReadAndLoaded() throws Exception {
        settings.setProperty("openlineage.api-key", "of-the-server");
        settings.setProperty("openlineage.namespace", "shop-floor");
        RunRecord run;
        try (DefaultCamelContext camel = process()) {
            run = run(camel, "shop");
        }
        assertThat(types(run)).containsExactly("START", "COMPLETE");
        assertThat(requests)
                .containsOnly("POST /api/v1/lineage application/json Bearer of-the-server")
                .hasSize(2);
        requireValid();
        JsonNode start = events.get(0);
        assertThat(Instant.parse(start.path("eventTime").asText())).isEqualTo(run.started());
        assertThat(start.at("/job/namespace").asText()).isEqualTo("shop-floor");
        assertThat(start.at("/job/name").asText()).isEqualTo("shop");
        assertThat(start.at("/inputs/0/name").asText()).isEqualTo("products");
        JsonNode end = events.get(1);
        assertThat(Instant.parse(end.path("eventTime").asText())).isEqualTo(run.finished());
        assertThat(end.path("inputs")).isEqualTo(start.path("inputs"));
        JsonNode output = end.path("outputs").get(0);
        assertThat(output.path("namespace").asText()).isEqualTo("duckdb://" + directory.resolve("warehouse"));
        assertThat(output.path("name").asText()).isEqualTo("DLT.APP.PRODUCTS");
        assertThat(output.at("/outputFacets/outputStatistics/rowCount").asLong())
                .isEqualTo(2);
        assertThat(output.at("/outputFacets/outputStatistics/size").asLong()).isEqualTo(run.bytes());
        assertThat(output.at("/facets/schema/fields").findValuesAsText("name")).contains("id", "name");
    }

    @Test
    void whatIsReadOverHttpFromBucketsAndFromFilesIsAnInput() throws Exception {
        Path inbox = Files.createDirectory(directory.resolve("inbox"));
        Files.writeString(inbox.resolve("orders.json"), "{\"id\": 1}");
        settings.setProperty("bucket", "lake");
        String s3 = "aws2-s3:rates?amazonS3Client=#s3&operation=";
        RunRecord run;
        try (DefaultCamelContext camel = process();
                S3Client client = LocalS3.client(directory.resolve("s3").toString(), "rates")) {
            camel.getRegistry().bind("s3", client);
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("pipeline:files?retries=0")
                            .routeId("files")
                            .choice()
                            .when(simple("${variable.never} == 'so'"))
                            .to(
                                    "https://user:geheim@shop.example.com:8443/v1/orders?page=1&token=geheim&httpMethod=GET")
                            .to("http://example.com?httpMethod=GET")
                            .to("https://stock.example.com/v1/items%2Fnew?httpMethod=GET")
                            .to("https://user:ge%2Fheim@split.example.com/v1?httpMethod=GET")
                            .to("https://hooks.example.com/services/T0/geheim?httpMethod=GET")
                            // posts if the message has a body
                            .to("https://hooks.slack.com/services/T0/B0/geheim")
                            .toD("https://shop.example.com/v1/tell/${variable.day}?httpMethod=GET")
                            .toD("https://shop.example.com/v1/told?day=${variable.day}")
                            .to("https://hooks.example.com/done?httpMethod=POST")
                            .to(s3 + "getObject&keyName=2026/rates.json")
                            .to(s3 + "listObjects&prefix=2025/")
                            .to("aws2-s3:rates?amazonS3Client=#s3&keyName=written.json")
                            .to("file:" + directory.resolve("outbox"))
                            .toD("https://${variable.host}/unknown")
                            .toD("https://shop.example.com/v1/days?day=${variable.day}&httpMethod=GET")
                            .toD("aws2-s3://{{bucket}}?amazonS3Client=#s3&operation=getObject&keyName=${variable.key}")
                            .end()
                            .poll("file:" + inbox + "?fileName=orders.json&noop=true", 20_000)
                            .pollEnrich("file:" + inbox + "?noop=true&idempotent=false", 20_000)
                            .step("load")
                            .to("warehouse:DLT.APP.ORDERS?mode=append");
                }
            });
            run = run(camel, "files");
        }
        assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
        assertThat(types(run)).containsExactly("START", "COMPLETE");
        requireValid();
        List<String> inputs = new ArrayList<>();
        events.get(1)
                .path("inputs")
                .forEach(input -> inputs.add(input.path("namespace").asText() + " "
                        + input.path("name").asText()));
        assertThat(inputs)
                .containsExactlyInAnyOrder(
                        "https://shop.example.com:8443 v1/orders",
                        "http://example.com /",
                        "https://shop.example.com v1/days",
                        "https://stock.example.com v1/items/new",
                        "https://hooks.example.com xxxxxx",
                        "s3://lake /",
                        "s3://rates 2026/rates.json",
                        "s3://rates 2025/",
                        "file " + inbox.resolve("orders.json"),
                        "file " + inbox);
        assertThat(events.toString()).doesNotContain("geheim", "heim@");
    }

    @Test
    void aFailureNamesItsErrorWithoutSecrets() throws Exception {
        RunRecord run;
        try (DefaultCamelContext camel = process()) {
            run = run(camel, "broken");
        }
        assertThat(types(run)).containsExactly("START", "FAIL");
        assertThat(events.get(1).at("/run/facets/errorMessage/message").asText())
                .isEqualTo("no rows for token=xxxxxx");
        assertThat(requests.get(0)).endsWith(" null");
        requireValid();
    }

    @Tag("slow")
    @Test
    void eventsThatTheServerRefusesAreKeptAndComeOnceAndInTheirOrder() throws Exception {
        status.set(503);
        RunRecord shop;
        RunRecord broken;
        try (DefaultCamelContext camel = process()) {
            shop = run(camel, "shop");
            broken = run(camel, "broken");
        }
        assertThat(shop.state()).isEqualTo(RunState.COMPLETED);
        assertThat(refused).isNotEmpty().containsOnly("START");
        status.set(200);
        // another process, which has a run of its own to make
        try (DefaultCamelContext camel = process()) {
            RunRecord other = run(camel, "shop");
            assertThat(types(other)).containsExactly("START", "COMPLETE");
            await().atMost(Duration.ofSeconds(60)).until(() -> {
                Jdbi.create(url()).useHandle(h -> h.execute("UPDATE outbox SET due = 0"));
                return events.size() == 6;
            });
        }
        assertThat(types(shop)).containsExactly("START", "COMPLETE");
        assertThat(types(broken)).containsExactly("START", "FAIL");
        List<String> undelivered = Jdbi.create(url()).withHandle(h -> h.createQuery("SELECT id FROM outbox")
                .mapTo(String.class)
                .list());
        assertThat(undelivered).isEmpty();
        requireValid();
    }

    @Test
    void withoutAUrlThereAreNoEventsAndAnInvalidOneIsRejected() throws Exception {
        settings.setProperty("openlineage.url", "");
        try (DefaultCamelContext camel = process()) {
            run(camel, "shop");
            assertThat(camel.getRoute("openlineage")).isNull();
        }
        assertThat(requests).isEmpty();
        settings.setProperty("openlineage.url", "localhost:5000");
        assertThatThrownBy(this::process)
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("openlineage.url must be an address such as http://localhost:5000");
    }
}
