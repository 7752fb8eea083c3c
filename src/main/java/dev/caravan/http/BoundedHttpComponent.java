package dev.caravan.http;

import dev.caravan.run.Durations;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.util.Map;
import org.apache.camel.component.http.HttpComponent;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;

/**
 * Camel's {@code http:} and {@code https:} components with limits for every exchange: see {@link BoundedResponses}.
 *
 * <p>Properties: {@code http.longest-answer} (10m), the maximum duration of an exchange until its response has been read,
 * and {@code http.largest-answer} (1000), the maximum size of a response in megabytes.
 *
 * <p>Bind one as {@code http} and one as {@code https} in the registry.
 */
public class BoundedHttpComponent extends HttpComponent {

    private static final String LONGEST = "http.longest-answer";
    private static final String LARGEST = "http.largest-answer";

    @Override
    protected HttpClientBuilder createHttpClientBuilder(
            String uri, Map<String, Object> parameters, Map<String, Object> httpClientOptions) {
        return super.createHttpClientBuilder(uri, parameters, httpClientOptions)
                .addExecInterceptorFirst("bounded", new BoundedResponses(longest(), LONGEST, largest(), LARGEST));
    }

    private Duration longest() {
        return Durations.positive(LONGEST, setting(LONGEST, "10m"));
    }

    private long largest() {
        String text = setting(LARGEST, "1000");
        if (!text.matches("[1-9]\\d{0,8}")) {
            throw new UsageException(LARGEST + " must be a whole number of megabytes, not '" + text + "'");
        }
        return Long.parseLong(text) * 1_000_000;
    }

    private String setting(String key, String defaultValue) {
        return getCamelContext()
                .resolvePropertyPlaceholders("{{" + key + ":" + defaultValue + "}}")
                .strip();
    }
}
