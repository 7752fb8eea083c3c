package dev.caravan.console;

import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.warehouse.WarehouseComponent;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;

/** A console with pipelines on an SQLite ledger, and a client that sends requests to the letter. */
final class TestConsole implements AutoCloseable {

    final DefaultCamelContext camel = new DefaultCamelContext();
    final PipelineComponent component = new PipelineComponent();
    private final Path directory;
    private final Properties settings = new Properties();
    private Console console;

    TestConsole(Path directory) {
        this.directory = directory;
        settings.setProperty("console.port", "0");
        component.setLedgerUrl("jdbc:sqlite:" + directory.resolve("ledger.db"));
        component.setLease(20_000);
        component.setSchedule(true);
        camel.addComponent("pipeline", component);
        WarehouseComponent warehouse = new WarehouseComponent();
        warehouse.setDirectory(directory.resolve("warehouse").toString());
        camel.addComponent("warehouse", warehouse);
        camel.getShutdownStrategy().setTimeout(20);
    }

    TestConsole with(String setting, String value) {
        settings.setProperty(setting, value);
        return this;
    }

    TestConsole start(RouteBuilder... routes) throws Exception {
        camel.getPropertiesComponent().setInitialProperties(settings);
        for (RouteBuilder route : routes) {
            camel.addRoutes(route);
        }
        camel.start();
        console = Console.start(camel);
        return this;
    }

    /** Returns the settings of a console without a log-in. */
    static ConsoleSettings settings() {
        return new ConsoleSettings(true, "127.0.0.1", 0, null, null, null, true);
    }

    Pipelines pipelines() {
        return component.pipelines();
    }

    URI address() {
        return console.address();
    }

    Path directory() {
        return directory;
    }

    /** An answer; the names of headers in lower case. */
    record Answer(int status, Map<String, String> headers, String body) {

        Document html() {
            return Jsoup.parse(body);
        }

        /** Returns the cookie that the answer sets, as a request sends it. */
        String cookie() {
            return headers.getOrDefault("set-cookie", "").replaceFirst(";.*", "");
        }
    }

    /** Sends a request as it is written. */
    Answer send(String method, String path, List<String> headers, String body) throws IOException {
        try (Socket socket = new Socket(address().getHost(), address().getPort())) {
            socket.setSoTimeout(30_000);
            StringBuilder request = new StringBuilder(method + " " + path + " HTTP/1.1\r\nConnection: close\r\n");
            if (headers.stream().noneMatch(header -> header.startsWith("Host:"))) {
                request.append("Host: ").append(address().getAuthority()).append("\r\n");
            }
            headers.forEach(header -> request.append(header).append("\r\n"));
            if (body != null) {
                request.append("Content-Length: ").append(body.length()).append("\r\n");
                if (headers.stream().noneMatch(header -> header.startsWith("Content-Type:"))) {
                    request.append("Content-Type: application/x-www-form-urlencoded\r\n");
                }
            }
            request.append("\r\n").append(body == null ? "" : body);
            socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
            return read(socket.getInputStream());
        }
    }

    private static Answer read(InputStream in) throws IOException {
        String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            return new Answer(0, Map.of(), text);
        }
        String[] lines = text.substring(0, end).split("\r\n", -1);
        Map<String, String> headers = new HashMap<>();
        for (int i = 1; i < lines.length; i++) {
            String[] parts = lines[i].split(": ", 2);
            headers.merge(parts[0].toLowerCase(Locale.ROOT), parts[1], (one, other) -> one + "\n" + other);
        }
        return new Answer(Integer.parseInt(lines[0].split(" ", -1)[1]), headers, text.substring(end + 4));
    }

    Answer get(String path, String... headers) throws IOException {
        return send("GET", path, List.of(headers), null);
    }

    /** Sends a form as a browser does: with the cookie and the token of the page before. */
    Answer submit(String page, String path, String fields) throws IOException {
        Answer before = get(page);
        String token = before.html().selectFirst("input[name=form_token]").val();
        return send(
                "POST",
                path,
                List.of("Cookie: " + before.cookie(), "Origin: " + address()),
                "form_token=" + token + (fields.isEmpty() ? "" : "&" + fields));
    }

    @Override
    public void close() {
        if (console != null) {
            console.close();
        }
        camel.stop();
    }
}
