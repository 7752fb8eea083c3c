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
 * Builds requests to the API and interprets its responses. Caches the last valid response of each resource that changes,
 * and sends conditional requests for it (ETag).
 */
final class ExchangeRateApi {

    /** The exchange variable that names the resource, for example {@code /latest.json}. */
    static final String RESOURCE = "resource";

    private static final long MAX_RESPONSE_BYTES = 10_000_000;
    private static final String HISTORICAL = "/historical/";
    // rates keep all their digits
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private final Map<String, CachedResponse> cache = new ConcurrentHashMap<>();
    private volatile String key;

    /**
     * Configures the client without retries, which are the run's, and without cookies and redirects, which could send the
     * key elsewhere.
     *
     * @param timeout milliseconds for each read of a response; the whole exchange may take three times as long
     */
    static void configure(HttpClientBuilder client, int timeout) {
        client.useSystemProperties() // for proxies
                .addExecInterceptorFirst(
                        "exchange-rates",
                        new BoundedResponses(
                                Duration.ofMillis(timeout).multipliedBy(3),
                                "exchange-rates.timeout",
                                MAX_RESPONSE_BYTES,
                                null))
                .disableAutomaticRetries()
                .disableRedirectHandling()
                .disableCookieManagement()
                .disableAuthCaching();
    }

    /** Turns the message into a request for the resource named by the variable. */
    void prepareRequest(Exchange exchange) {
        String resource = exchange.getVariable(RESOURCE, String.class);
        Message request = exchange.getMessage();
        request.removeHeaders("*");
        request.setBody(null);
        request.setHeader(Exchange.HTTP_PATH, resource);
        request.setHeader("Authorization", "Token " + key(exchange.getContext()));
        CachedResponse last = cache.get(resource);
        if (last != null) {
            request.setHeader("If-None-Match", last.etag());
            request.setHeader("If-Modified-Since", last.date());
        }
    }

    /** Sets the body to the JSON of the response, or throws the exception for an error response. */
    void readResponse(Exchange exchange) {
        String resource = exchange.getVariable(RESOURCE, String.class);
        Message response = exchange.getMessage();
        int status = response.getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
        CachedResponse last = cache.get(resource);
        if (status == 304 && last != null) {
            response.setBody(last.json());
            return;
        }
        JsonNode json = parse(response.getBody(byte[].class));
        if (status != 200 || json.path("error").asBoolean()) {
            if (status == 401) {
                // the next run reads the key again
                key = null;
            }
            throw ErrorResponse.of(resource, status, json, response.getHeader("Retry-After", String.class));
        }
        if (!json.isObject()) {
            throw new TransientException("The response of Open Exchange Rates to " + resource
                    + " is not a complete JSON object; nothing was written.");
        }
        cache(resource, exchange, json);
        response.setBody(json);
    }

    /** Throws an exception for a missing or incomplete response. */
    void failUnanswered(Exchange exchange) {
        IOException cause = ObjectHelper.getException(
                IOException.class, exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class));
        throw new TransientException(
                "Open Exchange Rates did not answer " + exchange.getVariable(RESOURCE, String.class) + " ("
                        + cause.getClass().getSimpleName() + ": " + cause.getMessage() + "); nothing was written."
                        + " If this persists, check exchange-rates.url, exchange-rates.timeout and the network."
                        + Proxies.hint(exchange.getContext().resolvePropertyPlaceholders("{{exchange-rates.url}}")),
                cause);
    }

    private String key(CamelContext context) {
        if (key == null) {
            // resolved on first use, so that commands that need no key do not access the secret store
            key = context.resolvePropertyPlaceholders("{{exchange-rates.api-key}}");
        }
        return key;
    }

    /** Caches a response once the exchange has completed, so that a retry does not get an invalid response again. */
    private void cache(String resource, Exchange exchange, JsonNode json) {
        String etag = exchange.getMessage().getHeader("ETag", String.class);
        String date = exchange.getMessage().getHeader("Date", String.class);
        if (etag != null && date != null && !resource.startsWith(HISTORICAL)) {
            exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
                @Override
                public void onComplete(Exchange done) {
                    cache.put(resource, new CachedResponse(etag, date, json));
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

    private record CachedResponse(String etag, String date, JsonNode json) {}
}
