package bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Pages of an API that takes its time for each, beside dlt's rest_api on the same server. */
final class ApiPages {

    private static final int PAGES = 100;
    private static final int ROWS = 1_000;
    private static final int DELAY = 50;
    private static final double ALLOWED = PAGES * ROWS / (PAGES * DELAY / 1000.0);

    private static final String ROUTE =
            """
            - route:
                id: bench-api
                from:
                  uri: pipeline:bench-api
                  steps:
                    - step:
                        id: extract
                        steps:
                          - to: { uri: "api:bench/rows", parameters: { paging: link-header } }
                    - step:
                        id: load
                        steps:
                          - to: { uri: "warehouse:BENCH.API.ROWS", parameters: { mode: replace } }
            """;

    /** Made before, so that an answer takes the delay alone. */
    private static final List<byte[]> BODIES =
            IntStream.rangeClosed(1, PAGES).mapToObj(ApiPages::body).toList();

    private ApiPages() {}

    static void measure() throws Exception {
        Bench.say("%n== %d pages of %,d rows at %d ms, -Xmx64m: the server allows %,.0f rows/s ==", PAGES, ROWS, DELAY, ALLOWED);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        ExecutorService threads = Executors.newCachedThreadPool();
        server.setExecutor(threads);
        server.createContext("/rows", ApiPages::page);
        server.start();
        try {
            String url = "http://127.0.0.1:" + server.getAddress().getPort();
            Files.writeString(Home.PATH.resolve("routes/bench-api.yaml"), ROUTE);
            Files.writeString(
                    Home.PATH.resolve("application.properties"),
                    "\ncamel.beans.bench = #class:dev.caravan.api.Api\ncamel.beans.bench.url = " + url + "\n",
                    StandardOpenOption.APPEND);
            rounds(url);
        } finally {
            server.stop(0);
            threads.shutdownNow();
        }
    }

    private static void rounds(String url) throws Exception {
        List<Double> shares = new ArrayList<>();
        for (int round = 1; round <= Bench.ROUNDS; round++) {
            Command run = new Command(Map.of("CARAVAN_JAVA_OPTS", "-Xmx64m"), "run", "bench-api");
            Bench.expect(run.result.get("rows").longValue() == PAGES * ROWS, "rows " + run.result);
            shares.add(PAGES * ROWS / run.duration() / ALLOWED);
            Bench.say("round %d: caravan %.1f s (%,.0f rows/s, %.0f %% of the server); process %.1f s; CPU %.1f s; %s",
                    round,
                    run.duration(),
                    PAGES * ROWS / run.duration(),
                    100 * shares.get(round - 1),
                    run.wall,
                    run.cpu,
                    run.memory());
            dlt(round, url);
        }
        Bench.say("median: %.0f %% of what the server allows; aim 85 %%", 100 * Bench.median(shares));
    }

    private static void dlt(int round, String url) throws Exception {
        Path python = Peers.HOME.resolve("venv/bin/python");
        if (!Files.exists(python)) {
            Bench.say("without dlt, which bench/run peers installs");
            return;
        }
        Path output = Peers.HOME.resolve("api.out");
        Watched process = new Watched(
                Peers.HOME,
                Map.of("RUNTIME__DLTHUB_TELEMETRY", "false"),
                List.of(
                        python.toString(),
                        Path.of("bench/peers/load_api_with_dlt.py").toAbsolutePath().toString(),
                        url,
                        Peers.HOME.resolve("api.duckdb").toString()),
                output,
                () -> false);
        Bench.expect(process.code == 0, "dlt: " + Files.readString(Watched.errors(output)));
        String[] said = Files.readString(output).strip().split(" ");
        Bench.expect(Integer.parseInt(said[1]) == PAGES * ROWS, "dlt has loaded " + said[1] + " rows");
        double seconds = Double.parseDouble(said[0]);
        Bench.say("round %d: dlt %.1f s (%,.0f rows/s, %.0f %% of the server); process %.1f s; CPU %.1f s; %,d MB",
                round,
                seconds,
                PAGES * ROWS / seconds,
                100 * PAGES * ROWS / seconds / ALLOWED,
                process.wall,
                process.cpu,
                process.peakMegabytes());
    }

    private static byte[] body(int page) {
        return IntStream.range((page - 1) * ROWS, page * ROWS)
                .mapToObj(id -> "{\"id\":" + id + ",\"name\":\"Walnut Shelf " + id + "\",\"price\":" + (id % 10_000) / 100.0
                        + ",\"state\":\"" + (id % 3 == 0 ? "open" : "closed") + "\",\"comments\":" + id % 17
                        + ",\"updated_at\":\"2026-03-01T10:00:" + (10 + id % 50) + "Z\"}")
                .collect(Collectors.joining(",", "[", "]"))
                .getBytes(StandardCharsets.UTF_8);
    }

    private static void page(HttpExchange http) throws IOException {
        try (http) {
            String query = http.getRequestURI().getQuery();
            int page = query == null ? 1 : Integer.parseInt(query.replaceAll("\\D", ""));
            byte[] body = BODIES.get(page - 1);
            Thread.sleep(DELAY);
            if (page < PAGES) {
                http.getResponseHeaders().set("Link", "</rows?page=" + (page + 1) + ">; rel=\"next\"");
            }
            http.getResponseHeaders().set("Content-Type", "application/json");
            http.sendResponseHeaders(200, body.length);
            http.getResponseBody().write(body);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
