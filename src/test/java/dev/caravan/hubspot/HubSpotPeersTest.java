package dev.caravan.hubspot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.caravan.api.Api;
import dev.caravan.data.Rows;
import dev.caravan.local.HubSpotServer;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.Producer;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/**
 * HubSpot as others know it: its own clients read the emulator, and the component reads an emulator of others. CARAVAN_PYTHON
 * is the Python in whose environment they are installed: {@code .ci/run}.
 */
@Tag("slow")
@EnabledIfEnvironmentVariable(named = "CARAVAN_PYTHON", matches = ".+")
class HubSpotPeersTest {

    private static final OffsetDateTime BEGIN = OffsetDateTime.parse("2026-01-01T00:00:00Z");
    private static final String BACKLOT_TOKEN = "admin-service-token";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    private Path directory;

    private HubSpotServer server;

    @BeforeEach
    void start() {
        server = HubSpotServer.start(350, Clock.systemUTC());
        server.limits(100_000, 100_000);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static Path python() {
        return Path.of(System.getenv("CARAVAN_PYTHON"));
    }

    private ProcessBuilder process(List<String> command) {
        ProcessBuilder process = new ProcessBuilder(command)
                .redirectError(directory.resolve("err").toFile());
        process.environment()
                .putAll(Map.of(
                        "BACKLOT_TELEMETRY",
                        "0",
                        "DO_NOT_TRACK",
                        "1",
                        "BACKLOT_DATA_DIR",
                        directory.resolve("backlot").toString()));
        return process;
    }

    private String output(String... command) throws IOException, InterruptedException {
        Process process = process(List.of(command)).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    @Test
    void hubSpotsClientsReadTheEmulator() throws Exception {
        Path script = Path.of("src/test/resources/dev/caravan/hubspot/official_clients.py");
        JsonNode read =
                JSON.readTree(output(python().toString(), script.toString(), server.url(), HubSpotServer.TOKEN));
        assertThat(read.path("listed").asInt()).isEqualTo(343);
        assertThat(read.path("found").asInt()).isEqualTo(343);
        assertThat(read.path("page").asInt()).isEqualTo(200);
        assertThat(read.path("archived").asInt()).isEqualTo(7);
        assertThat(read.path("types").path("annualrevenue").asText()).isEqualTo("number");
        assertThat(read.path("types").path("createdate").asText()).isEqualTo("datetime");
        assertThat(read.path("linked").asText()).startsWith("9000");
        assertThat(read.path("status").asInt()).isEqualTo(401);
        assertThat(read.path("dated").asBoolean()).isTrue();
    }

    @Test
    void theComponentReadsTheSameRowsFromBacklot() throws Exception {
        List<Map<String, Object>> ours = read(server.url(), HubSpotServer.TOKEN, null);
        assertThat(ours).hasSize(343);
        Path corpus = directory.resolve("contacts.jsonl");
        Files.write(corpus, ours.stream().map(HubSpotPeersTest::backlotRecord).toList());
        String program = python().resolveSibling("backlot").toString();
        output(
                program,
                "import",
                corpus.toString(),
                "--data-dir",
                directory.resolve("backlot").toString());
        int port = freePort();
        Process backlot = process(List.of(program, "serve", "--port", Integer.toString(port), "--disable-telemetry"))
                .redirectOutput(directory.resolve("out").toFile())
                .start();
        try {
            String url = "http://127.0.0.1:" + port;
            await().atMost(Duration.ofMinutes(2)).ignoreExceptions().until(() -> get(url) > 0);
            HttpServer proxy = proxy(url + "/hubspot");
            try {
                String address = "http://127.0.0.1:" + proxy.getAddress().getPort();
                assertThat(read(address, BACKLOT_TOKEN, null)).containsExactlyInAnyOrderElementsOf(ours);
                assertThat(read(address, BACKLOT_TOKEN, BEGIN)).containsExactlyInAnyOrderElementsOf(ours);
            } finally {
                proxy.stop(0);
            }
        } finally {
            backlot.destroy();
            assertThat(backlot.waitFor(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    /** It compares times as numbers, and knows the id only as a property. */
    private static String backlotRecord(Map<String, Object> row) {
        String id = row.get("id").toString();
        ObjectNode json = JSON.createObjectNode()
                .put("source_type", "hubspot")
                .put("object_type", "contacts")
                .put("record_id", id)
                .put("doc_id", id)
                .put("title", id)
                .put("content", id)
                .put("visibility", "public")
                .put("author_email", "owner@example.com")
                .put("created", "2026-01-05T08:00:00Z");
        ObjectNode properties = json.putObject("properties").put("hs_object_id", id);
        row.forEach((name, value) -> {
            if (!name.equals("id")) {
                properties.put(name, text(value));
            }
        });
        return json.toString();
    }

    private static String text(Object value) {
        if (value instanceof OffsetDateTime time) {
            return Long.toString(time.toInstant().toEpochMilli());
        } else if (value instanceof BigDecimal number) {
            return number.toPlainString();
        }
        return value == null ? "" : value.toString();
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static int get(String url) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.discarding())
                .statusCode();
    }

    /** Backlot has no properties of contacts: these come from our emulator. */
    private HttpServer proxy(String backlot) throws IOException {
        // backlot's server loses the body of a request that offers HTTP/2
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpServer proxy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        proxy.createContext("/", exchange -> {
            try (exchange) {
                boolean properties = exchange.getRequestURI().getPath().startsWith("/crm/v3/properties");
                HttpResponse<byte[]> response = client.send(
                        HttpRequest.newBuilder(
                                        URI.create((properties ? server.url() : backlot) + exchange.getRequestURI()))
                                .method(
                                        exchange.getRequestMethod(),
                                        BodyPublishers.ofByteArray(
                                                exchange.getRequestBody().readAllBytes()))
                                .header(
                                        "Authorization",
                                        properties ? "Bearer " + HubSpotServer.TOKEN : authorization(exchange))
                                .header("Content-Type", "application/json")
                                .build(),
                        BodyHandlers.ofByteArray());
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(response.statusCode(), response.body().length);
                exchange.getResponseBody().write(response.body());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        proxy.start();
        return proxy;
    }

    private static String authorization(HttpExchange exchange) {
        return exchange.getRequestHeaders().getFirst("Authorization");
    }

    private static List<Map<String, Object>> read(String url, String token, OffsetDateTime cursor) throws Exception {
        Api api = new Api();
        api.setUrl(url);
        api.setToken(token);
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            context.getRegistry().bind("hubspot", api);
            context.start();
            Producer producer =
                    context.getEndpoint("hubspot:contacts?version=v3").createProducer();
            Exchange exchange = new DefaultExchange(context);
            exchange.getMessage().setHeader("CamelWarehouseCursor", cursor);
            producer.process(exchange);
            List<Map<String, Object>> all = new ArrayList<>();
            try (Rows rows = exchange.getMessage().getBody(Rows.class)) {
                rows.forEachRemaining(all::add);
            }
            return all;
        }
    }
}
