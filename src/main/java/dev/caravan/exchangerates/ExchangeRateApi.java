package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.caravan.http.BoundedResponses;
import dev.caravan.run.Proxies;
import dev.caravan.run.TransientException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.support.SynchronizationAdapter;
import org.apache.camel.util.ObjectHelper;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;

/**
 * The conversation with the API: what goes into a request, and what an answer means. Remembers the last answer of each
 * resource that changes and that was of use, and asks for it on the condition that there is a newer one.
 */
final class ExchangeRateApi {

    /** The exchange variable that names the resource, for example {@code /latest.json}. */
    static final String RESOURCE = "resource";

    private static final long LARGEST_ANSWER = 10_000_000;
    private static final String HISTORICAL = "/historical/";
    // the rates keep all their digits
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private final Map<String, Remembered> remembered = new ConcurrentHashMap<>();
    private volatile String key;

    /**
     * Retries are the run's, and neither cookies nor a redirect may carry anything to somewhere else. An answer has some
     * kilobytes.
     *
     * @param timeout milliseconds for each part of an answer; the whole may take three times as long
     */
    static void configure(HttpClientBuilder client, int timeout) {
        client.useSystemProperties() // for proxies
                .addExecInterceptorFirst(
                        "exchange-rates",
                        new BoundedResponses(
                                Duration.ofMillis(timeout).multipliedBy(3),
                                "exchange-rates.timeout",
                                LARGEST_ANSWER,
                                null))
                .disableAutomaticRetries()
                .disableRedirectHandling()
                .disableCookieManagement()
                .disableAuthCaching();
    }

    /** Makes the message a request for the resource that the variable names. */
    void ask(Exchange exchange) {
        String resource = exchange.getVariable(RESOURCE, String.class);
        Message request = exchange.getMessage();
        request.removeHeaders("*");
        request.setBody(null);
        request.setHeader(Exchange.HTTP_PATH, resource);
        request.setHeader("Authorization", "Token " + key(exchange.getContext()));
        Remembered last = remembered.get(resource);
        if (last != null) {
            request.setHeader("If-None-Match", last.etag());
            request.setHeader("If-Modified-Since", last.date());
        }
    }

    /** Makes the message's body the JSON of the answer, or throws what the answer means. */
    void answer(Exchange exchange) {
        String resource = exchange.getVariable(RESOURCE, String.class);
        Message response = exchange.getMessage();
        int status = response.getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
        Remembered last = remembered.get(resource);
        if (status == 304 && last != null) {
            response.setBody(last.json());
            return;
        }
        JsonNode json = parse(response.getBody(byte[].class));
        if (status != 200 || json.path("error").asBoolean()) {
            if (status == 401) {
                // the next run may find a new key in its place
                key = null;
            }
            throw ErrorResponse.of(resource, status, json, response.getHeader("Retry-After", String.class));
        }
        if (!json.isObject()) {
            throw new TransientException("Open Exchange Rates answered " + resource
                    + " with something that is not a whole JSON object; nothing was written.");
        }
        remember(resource, exchange, json);
        response.setBody(json);
    }

    /** Throws that there was no answer, or not all of it. */
    void unanswered(Exchange exchange) {
        IOException cause = ObjectHelper.getException(
                IOException.class, exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class));
        throw new TransientException(
                "Open Exchange Rates did not answer " + exchange.getVariable(RESOURCE, String.class) + " ("
                        + cause.getClass().getSimpleName() + ": " + cause.getMessage() + "); nothing was written."
                        + " If that lasts, check exchange-rates.url, exchange-rates.timeout and the network."
                        + Proxies.hint(exchange.getContext().resolvePropertyPlaceholders("{{exchange-rates.url}}")),
                cause);
    }

    private String key(CamelContext context) {
        if (key == null) {
            // asked for late, so that commands that need no key need no vault either
            key = context.resolvePropertyPlaceholders("{{exchange-rates.api-key}}");
        }
        return key;
    }

    /** Once the exchange is through: else the next try would get an answer again that lacks something. */
    private void remember(String resource, Exchange exchange, JsonNode json) {
        String etag = exchange.getMessage().getHeader("ETag", String.class);
        String date = exchange.getMessage().getHeader("Date", String.class);
        if (etag != null && date != null && !resource.startsWith(HISTORICAL)) {
            exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
                @Override
                public void onComplete(Exchange done) {
                    remembered.put(resource, new Remembered(etag, date, json));
                }
            });
        }
    }

    static JsonNode parse(byte[] body) {
        try {
            return body == null ? MissingNode.getInstance() : JSON.readTree(body);
        } catch (IOException notJson) {
            return MissingNode.getInstance();
        }
    }

    private record Remembered(String etag, String date, JsonNode json) {}
}
