package dev.caravan.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.run.UsageException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExchangeRateServerTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private static ExchangeRateServer server;

    @BeforeAll
    static void start() {
        server = ExchangeRateServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void behave() {
        server.inject("");
        server.quota(1_000);
    }

    @Test
    void servesRecordedRatesOfAtLeastSixtyDays() throws Exception {
        List<LocalDate> days = new ArrayList<>();
        LocalDate first = LocalDate.parse("2026-07-03");
        for (LocalDate day : first.datesUntil(LocalDate.parse("2026-10-01")).toList()) {
            HttpResponse<String> answer = get("/historical/" + day + ".json");
            if (answer.statusCode() == 200) {
                JsonNode json = JSON.readTree(answer.body());
                assertThat(Instant.ofEpochSecond(json.get("timestamp").asLong()).toString())
                        .startsWith(day.toString());
                assertThat(json.get("base").asText()).isEqualTo("USD");
                assertThat(json.get("rates").get("USD").asInt()).isEqualTo(1);
                assertThat(json.get("rates")).hasSizeGreaterThan(155);
                days.add(day);
            } else {
                assertThat(JSON.readTree(answer.body()).get("message").asText()).isEqualTo("not_available");
            }
        }
        assertThat(days).hasSize(64).contains(first, LocalDate.parse("2026-09-29"));
        assertThat(days)
                .containsAll(LocalDate.parse("2026-08-09")
                        .datesUntil(LocalDate.parse("2026-09-30"))
                        .toList());
    }

    @Test
    void servesTheLatestDayAndTheCurrencies() throws Exception {
        JsonNode latest = JSON.readTree(get("/latest.json").body());
        assertThat(latest.properties())
                .extracting(java.util.Map.Entry::getKey)
                .containsExactly("disclaimer", "license", "timestamp", "base", "rates");
        assertThat(latest.get("timestamp").asLong())
                .isEqualTo(Instant.parse("2026-09-29T23:59:59Z").getEpochSecond());
        assertThat(latest.get("rates").get("EUR").decimalValue()).isEqualByComparingTo("0.88022588");

        JsonNode currencies = JSON.readTree(get("/currencies.json").body());
        assertThat(currencies.get("BOB").asText()).isEqualTo("Bolivian Bolíviano");
        assertThat(latest.get("rates").fieldNames()).toIterable().allMatch(currencies::has);
    }

    @Test
    void picksSymbols() throws Exception {
        JsonNode rates =
                JSON.readTree(get("/latest.json?symbols=EUR,GBP").body()).get("rates");
        assertThat(rates.fieldNames()).toIterable().containsExactly("EUR", "GBP");
    }

    @ParameterizedTest
    @CsvSource({
        "/nothing.json, 404, not_found",
        "/historical/2026-07-06.json, 400, not_available",
        "/historical/2030-01-01.json, 400, not_available",
        "/historical/yesterday.json, 400, not_available",
        "/latest.json?base=EUR, 429, not_allowed",
        "/latest.json?base=XYZ, 400, invalid_base"
    })
    void refusesAsTheApiDoes(String resource, int status, String message) throws Exception {
        HttpResponse<String> answer = get(resource);
        JsonNode error = JSON.readTree(answer.body());

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(error.get("error").asBoolean()).isTrue();
        assertThat(error.get("status").asInt()).isEqualTo(status);
        assertThat(error.get("message").asText()).isEqualTo(message);
        assertThat(error.get("description").asText()).isNotEmpty();
    }

    @Test
    void wantsTheKeyInHeaderOrQuery() throws Exception {
        assertThat(message(send("/latest.json"))).isEqualTo("missing_app_id");
        assertThat(message(send("/latest.json", "Authorization", "Token other")))
                .isEqualTo("invalid_app_id");
        assertThat(send("/latest.json?app_id=" + ExchangeRateServer.KEY).statusCode())
                .isEqualTo(200);
        assertThat(send("/currencies.json").statusCode()).isEqualTo(200);
        assertThat(send("/usage.json").statusCode()).isEqualTo(401);
    }

    @Test
    void answersNotModifiedToTheEtagOfTheSameAnswer() throws Exception {
        HttpResponse<String> first = get("/latest.json");
        String etag = first.headers().firstValue("ETag").orElseThrow();
        assertThat(etag).startsWith("\"").endsWith("\"");
        assertThat(first.headers().firstValue("Date")).isPresent();

        HttpResponse<String> second = send("/latest.json", "Authorization", "Token local", "If-None-Match", etag);
        assertThat(second.statusCode()).isEqualTo(304);
        assertThat(second.body()).isEmpty();
        assertThat(get("/historical/2026-09-28.json").headers().firstValue("ETag"))
                .isNotEqualTo(etag);
    }

    @Test
    void countsRequestsAndRestrictsAccessWhenTheQuotaIsUsedUp() throws Exception {
        server.quota(2);
        String etag = get("/latest.json").headers().firstValue("ETag").orElseThrow();
        get("/currencies.json");
        get("/usage.json");
        assertThat(usage("requests_remaining")).isEqualTo(1);
        send("/latest.json", "Authorization", "Token local", "If-None-Match", etag);

        assertThat(message(get("/latest.json"))).isEqualTo("access_restricted");
        assertThat(usage("requests")).isEqualTo(2);
        assertThat(usage("requests_remaining")).isZero();
        assertThat(JSON.readTree(get("/usage.json").body()).at("/data/status").asText())
                .isEqualTo("access_restricted");

        server.quota(-1);
        assertThat(get("/latest.json").statusCode()).isEqualTo(200);
        assertThat(usage("requests_remaining")).isEqualTo(-1);
    }

    @Test
    void injectsFaultsAsOftenAndWhereSpecified() throws Exception {
        server.inject("429:7@latest*1,500@/historical/*2");

        assertThat(get("/currencies.json").statusCode()).isEqualTo(200);
        HttpResponse<String> tooMany = get("/latest.json");
        assertThat(tooMany.statusCode()).isEqualTo(429);
        assertThat(tooMany.headers().firstValue("Retry-After")).contains("7");
        assertThat(get("/latest.json").statusCode()).isEqualTo(200);
        assertThat(get("/historical/2026-09-28.json").statusCode()).isEqualTo(500);
        assertThat(get("/historical/2026-09-28.json").statusCode()).isEqualTo(500);
        assertThat(get("/historical/2026-09-28.json").statusCode()).isEqualTo(200);
    }

    @Test
    void breaksConnectionsAndJson() throws Exception {
        server.inject("cut");
        assertThatThrownBy(() -> get("/latest.json")).isInstanceOf(IOException.class);
        server.inject("cut-body");
        assertThatThrownBy(() -> get("/latest.json")).isInstanceOf(IOException.class);
        server.inject("truncated");
        assertThat(get("/latest.json").body()).startsWith("{\"disclaimer").doesNotEndWith("}");
        server.inject("html");
        assertThat(get("/latest.json").body()).startsWith("<html>");
        server.inject("incomplete");
        assertThat(JSON.readTree(get("/latest.json").body()).has("rates")).isFalse();
    }

    @Test
    void answersSlowly() throws Exception {
        server.inject("slow:200ms");
        long start = System.nanoTime();
        assertThat(get("/latest.json").statusCode()).isEqualTo(200);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(200));
    }

    @Test
    void refusesToMakeTroubleThatItDoesNotKnow() {
        assertThatThrownBy(() -> server.inject("lie:2"))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("'lie:2'");
    }

    @Test
    void startsWhenAPropertyFirstAsksForIt() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            context.getPropertiesComponent().addInitialProperty("exchange-rates.url", "{{local:exchange-rates}}");
            String url = context.resolvePropertyPlaceholders("{{exchange-rates.url}}");

            assertThat(url)
                    .matches("http://127\\.0\\.0\\.1:\\d+/api")
                    .isEqualTo(ExchangeRateServer.shared().url());
            assertThat(context.resolvePropertyPlaceholders("{{exchange-rates.url}}"))
                    .isEqualTo(url);
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(url + "/currencies.json")).build();
            assertThat(CLIENT.send(request, HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
            assertThatThrownBy(() -> context.resolvePropertyPlaceholders("{{local:exchange-rate}}"))
                    .hasMessage("Unknown local service {{local:exchange-rate}}: expected exchange-rates or hubspot.");
        }
    }

    private static long usage(String field) throws Exception {
        return JSON.readTree(get("/usage.json").body())
                .at("/data/usage/" + field)
                .asLong(-99);
    }

    private static String message(HttpResponse<String> answer) throws IOException {
        return JSON.readTree(answer.body()).get("message").asText();
    }

    private static HttpResponse<String> get(String resource) throws Exception {
        return send(resource, "Authorization", "Token " + ExchangeRateServer.KEY);
    }

    private static HttpResponse<String> send(String resource, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.url() + resource));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }
}
