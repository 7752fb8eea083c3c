package dev.caravan.exchangerates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import dev.caravan.EndlessServer;
import dev.caravan.local.ExchangeRateServer;
import dev.caravan.run.PermanentException;
import dev.caravan.run.RetryAfter;
import dev.caravan.run.TransientException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.logging.log4j.Level;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExchangeRateApiTest {

    private static final String KEY = "canary-3f0c";

    private static ExchangeRateServer server;
    private static CapturedLog log;
    private static App app;

    private final List<Headers> requests = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        log = new CapturedLog();
        server = ExchangeRateServer.start();
        // the server reads its rates when first asked
        try (InputStream answer =
                URI.create(server.url() + "/currencies.json").toURL().openStream()) {
            answer.readAllBytes();
        }
        app = new App(server, Map.of("exchange-rates.api-key", KEY, "exchange-rates.timeout", "1000"));
    }

    @AfterAll
    static void stop() {
        app.close();
        server.close();
        log.close();
    }

    @BeforeEach
    void behave() {
        server.inject("");
        server.quota(1_000);
        server.key(KEY);
        server.listen(request -> requests.add(request.getRequestHeaders()));
    }

    @Test
    void answersWithTheJsonAndWithoutHeaders() {
        Exchange exchange = ask("/latest.json");

        assertThat(exchange.getMessage()
                        .getBody(JsonNode.class)
                        .at("/rates/EUR")
                        .decimalValue())
                .isEqualByComparingTo("0.88022588");
        assertThat(exchange.getMessage().getHeaders()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "401           | Refused | status 401: check exchange-rates.api-key",
                "403           | Refused | status 403: check exchange-rates.api-key",
                "404           | Permanent | status 404: check exchange-rates.url",
                "302           | Permanent | status 302: check exchange-rates.url",
                "408           | Transient | status 408: the service is unavailable",
                "429           | Transient | status 429: too many requests",
                "429:7         | Transient | status 429: too many requests",
                "500           | Transient | status 500: the service is unavailable",
                "503:7         | Transient | status 503: the service is unavailable",
                "slow:3s       | Transient | did not answer /latest.json (SocketTimeoutException",
                "cut           | Transient | did not answer /latest.json (NoHttpResponseException",
                "cut-body      | Transient | nothing was written",
                "truncated     | Transient | not a complete JSON object; nothing was written",
                "html          | Transient | not a complete JSON object; nothing was written",
            })
    void tellsWhatIsWrongAfterOneRequest(String trouble, String kind, String sentence) {
        server.inject(trouble);
        Exception e = ask("/latest.json").getException();

        assertThat(e.getClass().getSimpleName()).isEqualTo(kind + "Exception");
        assertThat(e).hasMessageContaining("/latest.json").hasMessageContaining(sentence);
        assertThat(requests).hasSize(1);
        if (e instanceof TransientException mayGetBetter) {
            assertThat(mayGetBetter.retryAfter().orElse(Duration.ZERO))
                    .isEqualTo(Duration.ofSeconds(trouble.endsWith(":7") ? 7 : 0));
        }
        server.inject("");
        assertThat(ask("/latest.json").getException()).isNull();
    }

    @Test
    void anEmptyAnswerIsNoDocument() {
        server.inject("204");
        assertThat(ask("/latest.json").getException())
                .isExactlyInstanceOf(TransientException.class)
                .hasMessageContaining("did not answer with a JSON object; nothing was written");
        assertThat(requests).hasSize(1);
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({
        "drip-head,was incomplete after 3.0 s",
        "drip-body,was incomplete after 3.0 s",
        "large-body,exceeds 10 MB"
    })
    void anAnswerThatDoesNotEndIsBrokenOff(String path, String sentence) throws IOException {
        try (EndlessServer endless = new EndlessServer();
                App other = new App(
                        server, Map.of("exchange-rates.url", endless.url(), "exchange-rates.timeout", "1000"))) {
            Exception e = other.ask("/" + path).getException();

            assertThat(e).hasMessageContaining(sentence);
        }
    }

    @Test
    void decidesByTheMessageWhereTheStatusDoesNotTellEnough() {
        server.quota(0);
        assertThat(ask("/latest.json").getException())
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("restricts your access");

        server.quota(1_000);
        assertThat(ask("/historical/2026-07-06.json").getException())
                .isInstanceOf(NotAvailableException.class)
                .hasMessageContaining("/historical/2026-07-06.json");
        assertThat(ask("/nothing.json").getException())
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("has no resource /nothing.json");
        assertThat(ErrorResponse.of("/latest.json", 429, message("not_allowed"), null))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("Your Open Exchange Rates plan does not include /latest.json");
        assertThat(ErrorResponse.of("/usage.json", 400, message("not_available"), null))
                .isExactlyInstanceOf(PermanentException.class)
                .hasMessageContaining("reports that /usage.json is not available");
        assertThat(ErrorResponse.of("/latest.json", 400, message("invalid_base"), null))
                .isInstanceOf(PermanentException.class);
    }

    @Test
    void findsANewKeyAfterOneWasRefused() {
        server.key("another");
        assertThat(ask("/latest.json").getException())
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("set exchange-rates.api-key");
        assertThat(requests).as("the same key is not sent again").hasSize(1);

        app.context().getPropertiesComponent().addInitialProperty("exchange-rates.api-key", "another");
        requests.clear();
        assertThat(ask("/latest.json").getException()).isNull();
        assertThat(requests)
                .extracting(headers -> headers.getFirst("Authorization"))
                .containsExactly("Token " + KEY, "Token another");

        server.key(KEY);
        app.context().getPropertiesComponent().addInitialProperty("exchange-rates.api-key", KEY);
        assertThat(ask("/latest.json").getException()).isNull();
    }

    @Test
    void namesThePlaceholderOfASettingThatIsNotSet() {
        try (App keyless = new App(server, Map.of("exchange-rates.api-key", "{{env:NO_SUCH_APP_ID}}"))) {
            assertThat(keyless.ask("/latest.json").getException())
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("exchange-rates.api-key needs {{env:NO_SUCH_APP_ID}}, which is not set");
        }
        assertThatThrownBy(() -> new App(server, Map.of("exchange-rates.timeout", "{{no-such.timeout}}")))
                .hasStackTraceContaining("exchange-rates.timeout needs {{no-such.timeout}}, which is not set");
        try (App blank = new App(server, Map.of("exchange-rates.api-key", "{{?no-such.key}}"))) {
            assertThat(blank.ask("/latest.json").getException())
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("exchange-rates.api-key is not set");
        }
    }

    @Test
    void saysWhenThereIsNoServer() {
        String gone;
        try (ExchangeRateServer closed = ExchangeRateServer.start()) {
            gone = closed.url();
        }
        try (App elsewhere = new App(server, Map.of("exchange-rates.url", gone))) {
            assertThat(elsewhere.ask("/latest.json").getException())
                    .isInstanceOf(TransientException.class)
                    .hasMessageContaining("did not answer /latest.json")
                    .hasMessageContaining("check exchange-rates.url");
        }
    }

    @Test
    void asksThroughTheProxyAndNamesIt() throws Exception {
        HttpServer proxy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        List<String> asked = new CopyOnWriteArrayList<>();
        proxy.createContext("/", request -> {
            asked.add(request.getRequestURI().toString());
            byte[] answer = "{\"rates\":{}}".getBytes(StandardCharsets.UTF_8);
            request.sendResponseHeaders(200, answer.length);
            request.getResponseBody().write(answer);
            request.close();
        });
        proxy.start();
        System.setProperty("http.proxyHost", "127.0.0.1");
        System.setProperty("http.proxyPort", String.valueOf(proxy.getAddress().getPort()));
        try (App behind = new App(server, Map.of("exchange-rates.url", "http://rates.example.invalid/api"))) {
            assertThat(behind.ask("/latest.json").getException()).isNull();
            assertThat(asked).containsExactly("http://rates.example.invalid/api/latest.json");
            assertThat(ask("/latest.json").getException())
                    .as("this machine is asked directly")
                    .isNull();
            assertThat(asked).hasSize(1);
            proxy.stop(0);
            assertThat(behind.ask("/latest.json").getException())
                    .hasMessageContaining(
                            "used the proxy 127.0.0.1:" + proxy.getAddress().getPort() + " (HTTP_PROXY");
        } finally {
            proxy.stop(0);
            System.clearProperty("http.proxyHost");
            System.clearProperty("http.proxyPort");
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "' 7 ', 7", "86401, 86400", "99999999999999999999, 86400", "-5,", "soon,", "'',"})
    void obeysARetryAfterOfADayAtMost(String header, Long seconds) {
        assertThat(RetryAfter.parse(header)).isEqualTo(seconds == null ? null : Duration.ofSeconds(seconds));
    }

    @Test
    void obeysARetryAfterThatIsADate() {
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(60));
        TransientException e = (TransientException)
                ErrorResponse.of("/latest.json", 429, MissingNode.getInstance(), RetryAfter.parse(date));

        assertThat(e.retryAfter().orElseThrow()).isBetween(Duration.ofSeconds(50), Duration.ofSeconds(60));
        assertThat(((TransientException) ErrorResponse.of(
                                "/latest.json", 503, MissingNode.getInstance(), RetryAfter.parse("soon")))
                        .retryAfter())
                .isEmpty();
    }

    @Test
    void asksForWhatIsNewerOnly() {
        JsonNode first = ask("/currencies.json").getMessage().getBody(JsonNode.class);
        requests.clear();
        Exchange second = ask("/currencies.json");

        assertThat(requests).hasSize(1);
        assertThat(requests.get(0).getFirst("If-None-Match")).startsWith("\"");
        assertThat(requests.get(0).getFirst("If-Modified-Since")).endsWith(" GMT");
        assertThat(second.getMessage().getBody(JsonNode.class)).isEqualTo(first);
        assertThat(second.getMessage().getHeaders()).isEmpty();
    }

    /** What was of no use is not worth asking whether it has changed. */
    @Test
    void forgetsAnswersOfExchangesThatHaveFailed() throws Exception {
        try (ExchangeRateServer other = ExchangeRateServer.start();
                App fresh = new App(other, Map.of())) {
            fresh.context().addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:currencies")
                            .to("api:openexchangerates/currencies.json?records=/&conditional=true")
                            .bean(Currencies.class, "rows");
                }
            });
            other.inject("incomplete*1");
            assertThat(fresh.send("direct:currencies", Map.of()).getException())
                    .isInstanceOf(TransientException.class)
                    .hasMessageContaining("nothing was written");
            Exchange second = fresh.send("direct:currencies", Map.of());

            assertThat(second.getException()).isNull();
            assertThat((List<?>) second.getMessage().getBody(List.class)).hasSize(161);
        }
    }

    @Test
    void sendsNoHeaderThatIsNotForTheApi() {
        Map<String, Object> headers = new HashMap<>();
        headers.put("fireTime", "now");
        headers.put("Cookie", "session=1");
        headers.put("X-Internal", "secret");
        headers.put("ETag", "\"1\"");
        headers.put(Exchange.HTTP_METHOD, "POST");
        headers.put(Exchange.HTTP_QUERY, "page=1");
        headers.put(Exchange.HTTP_URI, "http://127.0.0.1:1/");
        String uri = "api:openexchangerates/historical/2026-09-01.json?records=/";
        Exchange exchange = app.context().getEndpoint(uri).createExchange();
        exchange.getMessage().setHeaders(headers);
        exchange.getMessage().setBody("a body makes it a POST");
        app.context().createProducerTemplate().send(uri, exchange);

        assertThat(exchange.getException()).isNull();
        assertThat(requests).hasSize(1);
        assertThat(requests.get(0).keySet())
                .containsExactlyInAnyOrder(
                        "Host", "Connection", "Authorization", "Accept", "Accept-encoding", "User-agent");
        assertThat(requests.get(0).getFirst("Authorization")).isEqualTo("Token " + KEY);
    }

    @Test
    void neverTellsTheKey() {
        assertThat(log.level()).isEqualTo(Level.ALL);
        for (String trouble : List.of("", "401", "500", "slow:3s", "cut", "cut-body", "truncated")) {
            server.inject(trouble);
            assertThat(everythingAbout(ask("/latest.json"))).doesNotContain(KEY);
        }
        server.inject("");
        server.key("another");
        // this answer repeats the key
        assertThat(everythingAbout(ask("/latest.json"))).doesNotContain(KEY);
        server.key(KEY);
        Exchange usage = ask("/usage.json");
        assertThat(usage.getMessage().getBody(JsonNode.class).at("/data/app_id").asText())
                .isEqualTo(KEY);

        assertThat(log.text()).contains("/latest.json");
        assertThat(log.text().lines()).filteredOn(line -> line.contains(KEY)).isEmpty();
    }

    private static String everythingAbout(Exchange exchange) {
        java.io.StringWriter text = new java.io.StringWriter();
        if (exchange.getException() != null) {
            exchange.getException().printStackTrace(new java.io.PrintWriter(text));
        }
        return text + exchange.getMessage().getHeaders().toString() + exchange.getProperties();
    }

    private static JsonNode message(String text) {
        return com.fasterxml.jackson.databind.node.JsonNodeFactory.instance
                .objectNode()
                .put("message", text);
    }

    private static Exchange ask(String resource) {
        return app.ask(resource);
    }
}
