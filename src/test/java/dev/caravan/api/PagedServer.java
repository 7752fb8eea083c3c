package dev.caravan.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A small API over HTTP. Each path answers as its function says; unknown ones with 404. */
final class PagedServer implements AutoCloseable {

    /** A request as the server has got it. */
    record Call(String method, String path, Map<String, String> query, HttpExchange http, String body) {

        String query(String name) {
            return query.get(name);
        }

        int number(String name, int otherwise) {
            return Integer.parseInt(query.getOrDefault(name, String.valueOf(otherwise)));
        }

        String header(String name) {
            return http.getRequestHeaders().getFirst(name);
        }

        /** Sets a header of the answer. */
        Call set(String name, String value) {
            http.getResponseHeaders().add(name, value);
            return this;
        }
    }

    /** An answer. */
    record Answer(int status, String body) {}

    /** Answers requests; null if it has written its answer itself. */
    interface Function {
        Answer answer(Call call) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Function> functions = new ConcurrentHashMap<>();

    /** All requests so far. */
    final List<Call> calls = new CopyOnWriteArrayList<>();

    PagedServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    static Answer ok(String body) {
        return new Answer(200, body);
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    PagedServer on(String path, Function function) {
        functions.put(path, function);
        return this;
    }

    private void handle(HttpExchange http) throws IOException {
        try (http) {
            Map<String, String> query = new HashMap<>();
            String raw = http.getRequestURI().getRawQuery();
            for (String pair : raw == null ? new String[0] : raw.split("&")) {
                String[] parts = pair.split("=", 2);
                query.put(decode(parts[0]), parts.length == 1 ? "" : decode(parts[1]));
            }
            String body = new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            Call call = new Call(http.getRequestMethod(), http.getRequestURI().getRawPath(), query, http, body);
            calls.add(call);
            Function function = functions.get(call.path());
            Answer answer = function == null ? new Answer(404, "{\"message\": \"Not Found\"}") : function.answer(call);
            if (answer == null) {
                return;
            }
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            http.getResponseHeaders().putIfAbsent("Content-Type", List.of("application/json"));
            http.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            http.getResponseBody().write(bytes);
        }
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
