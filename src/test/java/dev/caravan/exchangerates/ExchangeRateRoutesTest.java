package dev.caravan.exchangerates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.caravan.local.ExchangeRateServer;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The building blocks as the daily and the weekly pipeline put them together. */
class ExchangeRateRoutesTest {

    private static S3Server s3;
    private static ExchangeRateServer server;
    private static Map<String, String> properties;
    private static App app;

    @BeforeAll
    static void start() throws Exception {
        s3 = new S3Server();
        server = ExchangeRateServer.start();
        properties = s3.bucket("daily");
        app = new App(server, properties);
    }

    @AfterAll
    static void stop() {
        app.close();
        server.close();
        s3.close();
    }

    @Test
    void putsTheLatestRatesUnderTheirDate() {
        Exchange first = app.putLatest();
        assertThat(first.getException()).isNull();
        assertThat(first.getMessage().getHeaders()).isEmpty();
        assertThat(s3.keys("daily")).containsExactly("exchange-rates/2026-09-29.json");
        assertThat(s3.client()
                        .headObject(request -> request.bucket("daily").key("exchange-rates/2026-09-29.json"))
                        .contentType())
                .isEqualTo("application/json");
        long bytes = app.bytes.get();
        assertThat(bytes)
                .isEqualTo(s3.read("daily", "exchange-rates/2026-09-29.json").length());

        Exchange second = app.putLatest();
        assertThat(second.getException()).isNull();
        assertThat(second.getMessage().getHeaders()).isEmpty();
        assertThat(second.getProperty(Exchange.EXCEPTION_CAUGHT)).isNull();
        assertThat(app.bytes).hasValue(bytes);
    }

    @Test
    void saysThatTheBucketIsMissing() {
        Map<String, String> wrong = new HashMap<>(properties);
        wrong.put("s3.bucket", "nowhere");
        try (App lost = new App(server, wrong)) {
            assertThat(lost.putLatest().getException())
                    .isInstanceOf(PermanentException.class)
                    .hasMessage("Cannot put exchange-rates/2026-09-29.json into the bucket (NoSuchBucket): the bucket"
                            + " does not exist. Check s3.bucket.");
        }
    }

    @Test
    void startsWithoutS3() {
        Map<String, String> gone = new HashMap<>(properties);
        gone.put("camel.component.aws2-s3.uri-endpoint-override", "http://127.0.0.1:1");
        try (App offline = new App(server, gone)) {
            assertThat(offline.context().getStatus().isStarted()).isTrue();
        }
    }

    @Test
    void makesARowOfEachCurrency() {
        assertThat(Currencies.rows(app.ask("/currencies.json").getMessage().getBody(JsonNode.class)))
                .hasSize(161)
                .contains(Map.of("code", "EUR", "name", "Euro"), Map.of("code", "BOB", "name", "Bolivian Bolíviano"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"EUR\":1}",
                "{\"disclaimer\":{}}",
                "{\"disclaimer\":\"\"}",
                "{\"EUR\":\"Euro\",\"disclaimer\":\"x\"}",
                "{\"EUR\":\" \"}",
                "{\"EUR\":\"Euro\\u0000\"}",
                "{\"EUROEUROEUROEUROEUROEURO\":\"Euro\"}"
            })
    void takesNothingElseForCurrencies(String json) {
        assertThatThrownBy(() -> Currencies.rows(json(json))).isInstanceOf(TransientException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"timestamp\":1786319999,\"base\":\"USD\"}",
                "{\"timestamp\":1786319999,\"base\":\"USD\",\"rates\":{}}",
                "{\"timestamp\":1786319999,\"base\":\"USD\",\"rates\":{\"EUR\":\"0.87\"}}",
                "{\"timestamp\":1786319999,\"base\":\"USD\",\"rates\":{\"EUR\":null}}",
                "{\"timestamp\":1786319999,\"rates\":{\"EUR\":0.87}}",
                "{\"timestamp\":\"now\",\"base\":\"USD\",\"rates\":{\"EUR\":0.87}}",
                "{\"timestamp\":1786500000,\"base\":\"USD\",\"rates\":{\"EUR\":0.87}}"
            })
    void takesNothingElseForTheRatesOfADay(String json) {
        assertThatThrownBy(() -> DailyRates.of(LocalDate.parse("2026-08-09"), "USD", json(json)))
                .isInstanceOf(TransientException.class)
                .hasMessageContaining("/historical/2026-08-09.json")
                .hasMessageContaining("nothing was written");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1             | USD | 0.87     | the timestamp 1,",
                "-1            | USD | 0.87     | the timestamp -1,",
                "99999999999   | USD | 0.87     | the timestamp 99999999999,",
                "1786319999000 | USD | 0.87     | not in seconds between 1999-01-01 and 2",
                "1786319999    | EUR | 0.87     | another currency than USD",
                "1786319999    | USD | 0        | a rate of EUR that is not a positive number",
                "1786319999    | USD | -0.87    | a rate of EUR that is not a positive number",
                "1786319999    | USD | 1e999    | a rate of EUR that is not a positive number",
            })
    void believesNoRatesThatCannotBe(String timestamp, String base, String rate, String odd) {
        JsonNode answer =
                json("{\"timestamp\":" + timestamp + ",\"base\":\"" + base + "\",\"rates\":{\"EUR\":" + rate + "}}");
        assertThatThrownBy(() -> DailyRates.of(null, "USD", answer))
                .isInstanceOf(InvalidRatesException.class)
                .hasMessageContaining("to /latest.json has ")
                .hasMessageContaining(odd)
                .hasMessageContaining("nothing was written");
    }

    @Test
    void takesTheBaseThatWasAskedFor() {
        JsonNode answer = json("{\"timestamp\":1786319999,\"base\":\"EUR\",\"rates\":{\"USD\":1.1}}");
        assertThat(DailyRates.of(null, "EUR", answer).base()).isEqualTo("EUR");
        assertThatThrownBy(() -> DailyRates.of(null, "GBP", answer)).isInstanceOf(InvalidRatesException.class);
    }

    @Test
    void keepsAllDigits() throws Exception {
        HttpServer exact = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        exact.createContext("/latest.json", request -> {
            byte[] answer = ("{\"disclaimer\": \"none\", \"timestamp\": 1786319999, \"base\": \"USD\", \"rates\":"
                            + " {\"AAA\": 0.123456789012345678901, \"BBB\": 1.50, \"CCC\": 1500, \"DDD\": 0.00000012}}")
                    .getBytes(StandardCharsets.UTF_8);
            request.sendResponseHeaders(200, answer.length);
            request.getResponseBody().write(answer);
            request.close();
        });
        exact.start();
        Map<String, String> there = new HashMap<>(s3.bucket("digits"));
        there.put("exchange-rates.url", "http://127.0.0.1:" + exact.getAddress().getPort());
        try (App precise = new App(server, there)) {
            assertThat(precise.putLatest().getException()).isNull();
        } finally {
            exact.stop(0);
        }
        assertThat(s3.read("digits", "exchange-rates/2026-08-09.json"))
                .isEqualTo("{\"date\":\"2026-08-09\",\"timestamp\":1786319999,\"base\":\"USD\","
                        + "\"rates\":{\"AAA\":0.123456789012345678901,\"BBB\":1.50,\"CCC\":1500,\"DDD\":1.2E-7}}");
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper()
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
