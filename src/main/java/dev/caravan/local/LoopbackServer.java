package dev.caravan.local;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An HTTP server on a free port of 127.0.0.1, in daemon threads. */
final class LoopbackServer implements AutoCloseable {

    static {
        // otherwise each response on a reused connection waits 40 ms for the client's acknowledgement
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final HttpServer http;
    private final ExecutorService threads;

    /**
     * Starts a server.
     *
     * @param name for its threads and messages, as in {@code exchange-rate}
     * @param handler answers all requests
     */
    LoopbackServer(String name, HttpHandler handler) {
        threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, name + "-server");
            thread.setDaemon(true);
            return thread;
        });
        try {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            http.setExecutor(threads);
            http.createContext("/", handler);
            // the server's thread inherits the daemon flag
            Thread starter = new Thread(http::start, name + "-server-start");
            starter.setDaemon(true);
            starter.start();
            starter.join();
        } catch (IOException e) {
            throw new UncheckedIOException("The " + name + " server cannot listen on 127.0.0.1", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while the " + name + " server started", e);
        }
    }

    /** As in {@code http://127.0.0.1:34567}. */
    String url() {
        return "http://127.0.0.1:" + http.getAddress().getPort();
    }

    /** Sends JSON. */
    static void send(HttpExchange exchange, int status, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        http.stop(0);
        threads.shutdownNow();
    }
}
