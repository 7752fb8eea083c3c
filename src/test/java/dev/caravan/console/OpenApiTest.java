package dev.caravan.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.caravan.pipeline.ledger.IncidentTable;
import dev.caravan.routes.BrokenRoutes;
import dev.caravan.run.Day;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Route;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The document describes what is served. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenApiTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private TestConsole console;
    private String completed;
    private String failed;

    @BeforeAll
    void start(@TempDir Path directory) throws Exception {
        console = new TestConsole(directory).start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:good?cron=0 6 * * *&tags=shop")
                        .routeId("good")
                        .step("load")
                        .setBody(constant(List.of(Map.of("id", 1))))
                        .to("warehouse:SHOP.PUBLIC.THINGS?mode=replace")
                        .end();
                from("pipeline:days?retries=0&param.start=date&param.end=date")
                        .routeId("days")
                        .process(exchange -> {
                            Run.of(exchange)
                                    .orElseThrow()
                                    .report(List.of(
                                            new Day("d", LocalDate.of(2026, 3, 1), Day.State.NOT_AVAILABLE, "None")));
                            throw new PermanentException("No");
                        });
            }
        });
        for (int i = 0; i < 5; i++) {
            completed = console.pipelines().run("good", Map.of()).id();
        }
        failed = console.pipelines()
                .run("days", Map.of("start", "2026-03-01", "end", "2026-03-02"))
                .id();
        IncidentTable incidents = console.pipelines().ledger().incidents();
        incidents.open("days", "failed", failed, "Failed", "Correct it");
        incidents.tell(incidents.open().get(0), "opened", "{}", List.of("direct:alert-log"));
    }

    @AfterAll
    void stop() {
        console.close();
    }

    private JsonNode document() throws IOException {
        return JSON.readTree(console.get(OpenApi.PATH).body());
    }

    @Test
    void eachRouteOfTheApiIsDescribedAndNoOther() throws Exception {
        Set<String> served = new TreeSet<>();
        Vertx vertx = Vertx.vertx();
        try {
            Data data = new Data(console.camel, console.pipelines(), BrokenRoutes.of(console.camel));
            for (Route route :
                    new Site(vertx, data, TestConsole.settings()).router().getRoutes()) {
                if (route.getPath() != null && route.getPath().startsWith("/api")) {
                    route.methods()
                            .forEach(method -> served.add(method.name().toLowerCase(java.util.Locale.ROOT) + " "
                                    + route.getPath().replaceAll(":(\\w+)", "{$1}")));
                }
            }
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().join();
        }
        Set<String> described = new TreeSet<>();
        document().path("paths").properties().forEach(path -> path.getValue()
                .fieldNames()
                .forEachRemaining(method -> described.add(method + " " + path.getKey())));
        assertThat(described).isEqualTo(served).hasSizeGreaterThan(15);
    }

    /** Each answer of the server, with all fields that the document names and no other. */
    @Test
    void eachAnswerIsAsDescribed() throws Exception {
        for (String address : List.of(
                "/api/",
                "/api/pipelines",
                "/api/pipelines?after=days&limit=1",
                "/api/pipelines/good",
                "/api/pipelines/days",
                "/api/runs",
                "/api/runs?pipeline=good&state=completed&since=2026-01-01&limit=2",
                "/api/runs/" + completed,
                "/api/runs/" + failed,
                "/api/runs/" + completed + "/log",
                "/api/logs?text=run",
                "/api/backfill?pipeline=days&start=2026-03-01&end=2026-03-04",
                "/api/alerts",
                "/api/nodes")) {
            assertThat(console.get(address).status()).as(address).isEqualTo(200);
            check(address, "get", JSON.readTree(console.get(address).body()), "200");
        }
        check(
                "/api/runs/none",
                "get",
                JSON.readTree(console.get("/api/runs/none").body()),
                "default");
        check("/api/pipelines/good/run", "post", post("/api/pipelines/good/run", "{}"), "200");
        check("/api/pipelines/good/pause", "post", post("/api/pipelines/good/pause", "{}"), "200");
        check("/api/pipelines/good/resume", "post", post("/api/pipelines/good/resume", "{}"), "200");
        check("/api/runs/x/retry", "post", post("/api/runs/" + failed + "/retry", "{}"), "200");
        check("/api/runs/x/cancel", "post", post("/api/runs/" + completed + "/cancel", "{}"), "default");
        check("/api/alerts/mute", "post", post("/api/alerts/mute", "{\"pipeline\": \"*\", \"for\": \"1h\"}"), "200");
        check("/api/alerts/unmute", "post", post("/api/alerts/unmute", "{\"pipeline\": \"*\"}"), "200");
        check("/api/sql", "post", post("/api/sql", "{\"sql\": \"SELECT 1 AS one\"}"), "200");
    }

    private JsonNode post(String path, String body) throws IOException {
        return JSON.readTree(console.send("POST", path, List.of("Content-Type: application/json"), body)
                .body());
    }

    private void check(String address, String method, JsonNode answer, String status) throws IOException {
        JsonNode document = document();
        String path = address.replaceFirst("\\?.*", "")
                .replaceFirst("(/api/runs/)[^/]+", "$1{id}")
                .replaceFirst("(/api/pipelines/)[^/]+", "$1{name}");
        JsonNode schema = document.path("paths")
                .path(path)
                .path(method)
                .path("responses")
                .path(status)
                .path("content")
                .path("application/json")
                .path("schema");
        assertThat(schema.isObject()).as(method + " " + path).isTrue();
        ObjectNode whole = JSON.createObjectNode();
        whole.setAll((ObjectNode) schema);
        whole.set("components", document.path("components"));
        whole.path("components").path("schemas").forEach(each -> {
            if (each.has("properties")) {
                ((ObjectNode) each).put("additionalProperties", false);
            }
        });
        assertThat(JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                        .getSchema(whole)
                        .validate(answer))
                .as(address)
                .isEmpty();
    }

    @Test
    void theDocumentIsValid() throws Exception {
        assertThat(new io.swagger.v3.parser.OpenAPIV3Parser()
                        .readContents(console.get(OpenApi.PATH).body())
                        .getMessages())
                .isEmpty();
    }
}
