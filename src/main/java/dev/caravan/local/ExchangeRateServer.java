package dev.caravan.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.caravan.run.UsageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.util.URISupport;

/**
 * A local copy of the openexchangerates.org API: serves recorded rates in its formats, with its errors, ETags and quota.
 * Listens on a free port of 127.0.0.1, in daemon threads.
 *
 * <p>The system property {@code caravan.local.exchange-rates} injects faults into the server of this process, see
 * {@link #inject}.
 */
public final class ExchangeRateServer implements AutoCloseable {

    /** The key that the server accepts by default. */
    public static final String KEY = "local";

    private static final Pattern RESOURCE =
            Pattern.compile("/api/(?<name>latest|currencies|usage|historical/(?<date>[^/]+))\\.json");
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final AtomicLong requests = new AtomicLong();
    private volatile String key = KEY;
    private volatile long quota = 1_000;
    private volatile List<Fault> faults = List.of();
    private volatile Consumer<HttpExchange> listener = exchange -> {};
    private final LoopbackServer http = new LoopbackServer("exchange-rate", this::handle);

    private ExchangeRateServer() {}

    /** Starts a server. */
    public static ExchangeRateServer start() {
        return new ExchangeRateServer();
    }

    /** The shared server of this process, started on first use. */
    public static ExchangeRateServer shared() {
        return Shared.SERVER;
    }

    /** The base URL, for example {@code http://127.0.0.1:34567/api}. */
    public String url() {
        return http.url() + "/api";
    }

    /** Sets the accepted key. */
    public void key(String newKey) {
        key = newKey;
    }

    /** Sets the number of requests left; -1 means unlimited. Default: 1,000, as in the API's free plan. */
    public void quota(long left) {
        quota = left;
        requests.set(0);
    }

    /**
     * Injects faults from now on.
     *
     * @param specification faults as in {@code slow:100ms,500@/historical/*2}, each {@code KIND[:ARGUMENT][@PATH][*TIMES]};
     *     KIND is slow, cut, cut-body, truncated, html, incomplete or an HTTP status, whose argument is the Retry-After
     *     in seconds; {@code quota:20} sets the quota. Empty to stop.
     */
    public void inject(String specification) {
        List<Fault> parsed = new ArrayList<>();
        for (String text : specification.split(",", -1)) {
            if (text.startsWith("quota:")) {
                quota(Long.parseLong(text.substring("quota:".length())));
            } else if (!text.isBlank()) {
                parsed.add(new Fault(text));
            }
        }
        faults = List.copyOf(parsed);
    }

    /** Calls a listener with each request before it is handled. */
    public void listen(Consumer<HttpExchange> newListener) {
        listener = newListener;
    }

    @Override
    public void close() {
        http.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            listener.accept(exchange);
            Fault failure = null;
            for (Fault fault : faults) {
                if (fault.appliesTo(exchange.getRequestURI().getPath())) {
                    if (fault.kind().equals("slow")) {
                        Thread.sleep(fault.delay().toMillis());
                    } else {
                        failure = fault;
                        break;
                    }
                }
            }
            Answer answer = answer(exchange);
            if (failure == null) {
                LoopbackServer.send(exchange, answer.status(), answer.body());
            } else {
                fail(exchange, failure, answer.body());
            }
        } catch (InterruptedException e) {
            // the server is closing
            Thread.currentThread().interrupt();
        }
    }

    private void fail(HttpExchange exchange, Fault failure, String body) throws IOException {
        switch (failure.kind()) {
            case "cut" -> {}
            case "cut-body" -> {
                exchange.sendResponseHeaders(200, body.length());
                exchange.getResponseBody()
                        .write(body.substring(0, body.length() / 2).getBytes(StandardCharsets.UTF_8));
                exchange.getResponseBody().flush();
            }
            case "truncated" -> LoopbackServer.send(exchange, 200, body.substring(0, body.length() / 2));
            case "incomplete" -> LoopbackServer.send(exchange, 200, "{\"disclaimer\":\"\"}");
            case "html" -> LoopbackServer.send(exchange, 200, "<html>Back soon</html>");
            default -> {
                if (failure.retryAfter() != null) {
                    exchange.getResponseHeaders().set("Retry-After", failure.retryAfter());
                }
                LoopbackServer.send(exchange, Integer.parseInt(failure.kind()), "Out of order");
            }
        }
    }

    private Answer answer(HttpExchange exchange) {
        Matcher resource = RESOURCE.matcher(exchange.getRequestURI().getPath());
        if (!resource.matches()) {
            return Answer.error(404, "not_found", "There is no such resource.");
        }
        Map<String, String> query = query(exchange);
        String name = resource.group("name");
        if (name.equals("currencies")) {
            return unlessUnchanged(exchange, RecordedRates.get().currencies());
        }
        String given = key(exchange, query);
        if (given == null) {
            return Answer.error(401, "missing_app_id", "No app_id was given.");
        }
        if (!given.equals(key)) {
            return Answer.error(401, "invalid_app_id", "The app_id '" + given + "' is not known.");
        }
        if (name.equals("usage")) {
            return new Answer(200, usage());
        }
        if (quota >= 0 && requests.get() >= quota) {
            return Answer.error(429, "access_restricted", "The quota of requests is used up.");
        }
        requests.incrementAndGet();
        String base = query.getOrDefault("base", "USD");
        if (!RecordedRates.get().currencies().has(base)) {
            return Answer.error(400, "invalid_base", "There is no base currency '" + base + "'.");
        }
        if (!base.equals("USD")) {
            return Answer.error(429, "not_allowed", "The plan has no other base currency than USD.");
        }
        LocalDate date = resource.group("date") == null ? RecordedRates.get().latest() : date(resource.group("date"));
        JsonNode rates = date == null ? null : RecordedRates.get().on(date);
        if (rates == null) {
            return Answer.error(400, "not_available", "There are no rates of that date.");
        }
        return unlessUnchanged(exchange, rates(date, rates, query.get("symbols")));
    }

    private static String key(HttpExchange exchange, Map<String, String> query) {
        String authorization = exchange.getRequestHeaders().getFirst("Authorization");
        return authorization != null && authorization.startsWith("Token ")
                ? authorization.substring("Token ".length())
                : query.get("app_id");
    }

    private static Map<String, String> query(HttpExchange exchange) {
        try {
            return URISupport.parseQuery(exchange.getRequestURI().getRawQuery()).entrySet().stream()
                    .collect(Collectors.toMap(Map.Entry::getKey, entry -> String.valueOf(entry.getValue())));
        } catch (java.net.URISyntaxException e) {
            throw new UsageException("The query cannot be read", e);
        }
    }

    private static LocalDate date(String text) {
        try {
            return LocalDate.parse(text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static Answer unlessUnchanged(HttpExchange exchange, JsonNode json) {
        Answer answer = new Answer(200, json);
        String etag = '"' + Integer.toHexString(answer.body().hashCode()) + '"';
        exchange.getResponseHeaders().set("ETag", etag);
        return etag.equals(exchange.getRequestHeaders().getFirst("If-None-Match")) ? new Answer(304, "") : answer;
    }

    private static JsonNode rates(LocalDate date, JsonNode rates, String symbols) {
        JsonNode wanted =
                symbols == null ? rates : ((ObjectNode) rates).deepCopy().retain(Arrays.asList(symbols.split(",", -1)));
        return JSON.objectNode()
                .put("disclaimer", "Recorded rates, not for trading: https://github.com/fawazahmed0/exchange-api")
                .put("license", "https://creativecommons.org/publicdomain/zero/1.0/")
                .put("timestamp", date.atTime(LocalTime.of(23, 59, 59)).toEpochSecond(ZoneOffset.UTC))
                .put("base", "USD")
                .set("rates", wanted);
    }

    private JsonNode usage() {
        long used = requests.get();
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        boolean restricted = quota >= 0 && used >= quota;
        ObjectNode answer = JSON.objectNode().put("status", 200);
        ObjectNode data =
                answer.putObject("data").put("app_id", key).put("status", restricted ? "access_restricted" : "active");
        data.putObject("plan")
                .put("name", "Local")
                .put("quota", quota < 0 ? "Unlimited" : quota + " requests / month")
                .put("update_frequency", "daily")
                .putObject("features")
                .put("base", false)
                .put("symbols", true)
                .put("experimental", false)
                .put("time-series", false)
                .put("convert", false);
        data.putObject("usage")
                .put("requests", used)
                .put("requests_quota", quota)
                .put("requests_remaining", quota < 0 ? -1 : Math.max(0, quota - used))
                .put("days_elapsed", today.getDayOfMonth() - 1)
                .put("days_remaining", today.lengthOfMonth() - today.getDayOfMonth() + 1)
                .put("daily_average", used / today.getDayOfMonth());
        return answer;
    }

    private record Answer(int status, String body) {

        Answer(int status, JsonNode json) {
            this(status, json.toString());
        }

        static Answer error(int status, String message, String description) {
            return new Answer(
                    status,
                    JSON.objectNode()
                            .put("error", true)
                            .put("status", status)
                            .put("message", message)
                            .put("description", description));
        }
    }

    private static final class Shared {

        static final ExchangeRateServer SERVER = start();

        static {
            // its thread would hold up the exit of the JVM for 0.3 s
            LocalServices.onExit(SERVER::close);
            SERVER.inject(System.getProperty("caravan.local.exchange-rates", ""));
        }
    }
}
