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
 * The building blocks for pipelines with exchange rates.
 *
 * <ul>
 *   <li>{@code direct:exchange-rates} asks the API for the resource that the variable {@code resource} names, as in
 *       {@code /latest.json}. The body becomes the answer, a JsonNode.
 *   <li>{@code direct:exchange-rates-put} puts such an answer of a day into the bucket, unless that day is there.
 *       The variable {@code files} becomes the list with the object's name, for whoever waits for its arrival, and
 *       {@code filesWritten} the same list, or an empty one if the day was there.
 * </ul>
 *
 * Properties: {@code exchange-rates.url} (without it there are no such routes), {@code exchange-rates.api-key},
 * {@code exchange-rates.timeout} in milliseconds (10000), {@code exchange-rates.requests-per-second} (50) and
 * {@code s3.bucket}.
 */
public final class ExchangeRateRoutes extends RouteBuilder {

    @Override
    public void configure() {
        if (!isWanted(getContext())) {
            return;
        }
        int requestsPerSecond = positive(getContext(), "exchange-rates.requests-per-second", 50);
        int timeout = positive(getContext(), "exchange-rates.timeout", 10_000);
        ExchangeRateApi api = new ExchangeRateApi();
        bindToRegistry(
                "exchangeRateClient", (HttpClientConfigurer) client -> ExchangeRateApi.configure(client, timeout));

        from("direct:exchange-rates")
                .routeId("exchange-rates")
                .description("Asks Open Exchange Rates for one resource")
                .errorHandler(noErrorHandler())
                .throttle(requestsPerSecond)
                .doTry()
                .process(api::ask)
                .to("{{exchange-rates.url}}"
                        + "?httpMethod=GET&throwExceptionOnFailure=false&httpClientConfigurer=#exchangeRateClient"
                        + "&connectTimeout=" + timeout
                        + "&connectionRequestTimeout=" + timeout
                        + "&responseTimeout=" + timeout
                        + "&soTimeout=" + timeout)
                .process(api::answer)
                .doCatch(IOException.class)
                .process(api::unanswered)
                .doFinally()
                .removeHeaders("*")
                .end();

        from("direct:exchange-rates-put")
                .routeId("exchange-rates-put")
                .description("Puts the rates of a day into the bucket")
                .errorHandler(noErrorHandler())
                .process(RateFiles::prepare)
                .doTry()
                // dynamic, because a fixed endpoint asks S3 for the bucket whenever the application starts
                .toD(RateFiles.ENDPOINT)
                .process(RateFiles::written)
                .doCatch(SdkException.class)
                .process(RateFiles::notWritten)
                .doFinally()
                .removeHeaders("*")
                .end()
                .process(exchange -> Failpoint.hit("exchange-rates.put"))
                // what was caught is no failure of the steps that follow
                .removeProperty(Exchange.EXCEPTION_CAUGHT);
    }

    /** Whether this installation has exchange rates at all: else nobody has to set what they need. */
    static boolean isWanted(CamelContext context) {
        return !context.resolvePropertyPlaceholders("{{exchange-rates.url:}}").isBlank();
    }

    /**
     * A setting that is a number.
     *
     * @throws UsageException if it is none, or less than one
     */
    static int positive(CamelContext context, String key, int otherwise) {
        String text = context.resolvePropertyPlaceholders("{{" + key + ":" + otherwise + "}}")
                .strip();
        if (!text.matches("[1-9]\\d{0,8}")) {
            throw new UsageException(key + " = " + text + " has to be a whole number greater than 0");
        }
        return Integer.parseInt(text);
    }
}
