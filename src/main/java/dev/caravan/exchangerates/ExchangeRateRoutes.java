package dev.caravan.exchangerates;

import dev.caravan.run.Failpoint;
import dev.caravan.run.UsageException;
import java.io.IOException;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.http.HttpClientConfigurer;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * The shared routes of the exchange-rate pipelines.
 *
 * <ul>
 *   <li>{@code direct:exchange-rates} requests the resource named by the variable {@code resource}, such as
 *       {@code /latest.json}. The body becomes the response, a JsonNode.
 *   <li>{@code direct:exchange-rates-put} puts such a response with the rates of a day into the bucket, unless that day
 *       exists. Sets the variable {@code files} to the list with the object's name, for the step that waits until it is
 *       loaded, and {@code filesWritten} to the same list, or to an empty one if the day existed.
 * </ul>
 *
 * Properties: {@code exchange-rates.url} (if not set, these routes do not exist), {@code exchange-rates.api-key},
 * {@code exchange-rates.timeout} in milliseconds (10000), {@code exchange-rates.requests-per-second} (50) and
 * {@code s3.bucket}.
 */
public final class ExchangeRateRoutes extends RouteBuilder {

    @Override
    public void configure() {
        if (!isEnabled(getContext())) {
            return;
        }
        int requestsPerSecond = positive(getContext(), "exchange-rates.requests-per-second", 50);
        int timeout = positive(getContext(), "exchange-rates.timeout", 10_000);
        ExchangeRateApi api = new ExchangeRateApi();
        bindToRegistry(
                "exchangeRateClient", (HttpClientConfigurer) client -> ExchangeRateApi.configure(client, timeout));

        from("direct:exchange-rates")
                .routeId("exchange-rates")
                .description("Requests one resource from Open Exchange Rates")
                .errorHandler(noErrorHandler())
                .throttle(requestsPerSecond)
                .doTry()
                .process(api::prepareRequest)
                .to("{{exchange-rates.url}}"
                        + "?httpMethod=GET&throwExceptionOnFailure=false&httpClientConfigurer=#exchangeRateClient"
                        + "&connectTimeout=" + timeout
                        + "&connectionRequestTimeout=" + timeout
                        + "&responseTimeout=" + timeout
                        + "&soTimeout=" + timeout)
                .process(api::readResponse)
                .doCatch(IOException.class)
                .process(api::failUnanswered)
                .doFinally()
                .removeHeaders("*")
                .end();

        from("direct:exchange-rates-put")
                .routeId("exchange-rates-put")
                .description("Puts the rates of a day into the bucket")
                .errorHandler(noErrorHandler())
                .process(RateFiles::prepare)
                .doTry()
                // dynamic, because a static endpoint requests the bucket from S3 at every start
                .toD(RateFiles.ENDPOINT)
                .process(RateFiles::written)
                .doCatch(SdkException.class)
                .process(RateFiles::notWritten)
                .doFinally()
                .removeHeaders("*")
                .end()
                .process(exchange -> Failpoint.hit("exchange-rates.put"))
                // the caught exception must not count as a failure of later steps
                .removeProperty(Exchange.EXCEPTION_CAUGHT);
    }

    /** Returns whether this installation uses exchange rates; otherwise their settings are not required. */
    static boolean isEnabled(CamelContext context) {
        return !context.resolvePropertyPlaceholders("{{exchange-rates.url:}}").isBlank();
    }

    /**
     * Returns a setting that is a positive integer.
     *
     * @throws UsageException if it is anything else
     */
    static int positive(CamelContext context, String key, int defaultValue) {
        String text = context.resolvePropertyPlaceholders("{{" + key + ":" + defaultValue + "}}")
                .strip();
        if (!text.matches("[1-9]\\d{0,8}")) {
            throw new UsageException(key + " must be a whole number greater than 0, not '" + text + "'");
        }
        return Integer.parseInt(text);
    }
}
