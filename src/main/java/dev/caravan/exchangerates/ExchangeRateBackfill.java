package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.LocalDate;
import java.util.concurrent.ExecutorService;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.StepDefinition;
import org.apache.camel.model.TryDefinition;

/**
 * The pipeline {@code exchange-rates-backfill}: fetches the days from {@code start_date} to {@code end_date} that are
 * not in the bucket, or all of them with {@code force=true}.
 *
 * <p>Properties, besides those of {@link ExchangeRateRoutes}: {@code exchange-rates.parallel-requests} (8), and
 * {@code exchange-rates.arrival}, the endpoint to call once the files are in the bucket.
 */
public final class ExchangeRateBackfill extends RouteBuilder {

    private static final String DAY_ROUTE = "direct:exchange-rates-backfill-day";

    @Override
    public void configure() {
        if (!ExchangeRateRoutes.isEnabled(getContext())) {
            return;
        }
        RouteDefinition pipeline = from("pipeline:exchange-rates-backfill?tags=exchange-rates"
                        + "&param.start_date=date&param.end_date=date:yesterday&param.force=boolean:false"
                        + "&require=RAW(${variable.start_date} <= ${variable.end_date})")
                .routeId("exchange-rates-backfill")
                .description("Fetches the exchange rates of past days that are missing");
        plan(pipeline);
        extract(pipeline);
        arrive(pipeline);
        pipeline.process(
                exchange -> exchange.getMessage().setBody(attempt(exchange).finish()));

        fetchDay(from(DAY_ROUTE).routeId("exchange-rates-backfill-day").errorHandler(noErrorHandler()));
    }

    /** Finds the missing days, and how many of them the quota allows. */
    private void plan(RouteDefinition pipeline) {
        StepDefinition plan = pipeline.step("plan").process(BackfillAttempt::plan);
        plan.filter(exchange -> attempt(exchange).needsRequests())
                .setVariable(ExchangeRateApi.RESOURCE, constant("/usage.json"))
                .to("direct:exchange-rates")
                .process(exchange ->
                        attempt(exchange).applyQuota(exchange.getMessage().getBody(JsonNode.class)));
    }

    /** Fetches the days in parallel. */
    private void extract(RouteDefinition pipeline) {
        int parallel = ExchangeRateRoutes.positive(getContext(), "exchange-rates.parallel-requests", 8);
        ExecutorService threads =
                getContext().getExecutorServiceManager().newFixedThreadPool(this, "exchange-rates", parallel);

        StepDefinition extract = pipeline.step("extract");
        extract.split()
                .exchange(exchange -> attempt(exchange).days())
                .parallelProcessing()
                .executorService(threads)
                .to(DAY_ROUTE);
        extract.process(exchange -> attempt(exchange).retryIfTransient());
    }

    /** Waits until the warehouse has loaded the files. */
    private void arrive(RouteDefinition pipeline) {
        StepDefinition arrive = pipeline.step("arrive");
        arrive.setVariable(RateFiles.FILES)
                .exchange(exchange -> attempt(exchange).files(exchange));
        arrive.setVariable(RateFiles.WRITTEN)
                .exchange(exchange -> attempt(exchange).writtenFiles(exchange));
        arrive.to("{{exchange-rates.arrival}}");
    }

    /** Fetches one day and records the result; a failure does not stop the days that are in progress. */
    private void fetchDay(RouteDefinition route) {
        TryDefinition day = route.doTry().setVariable("date", body());
        day.filter(exchange -> attempt(exchange).continues(exchange))
                .setVariable(ExchangeRateApi.RESOURCE, simple("/historical/${body}.json"))
                .to("direct:exchange-rates")
                .to("direct:exchange-rates-put")
                .process(exchange -> attempt(exchange).written(date(exchange)));
        day.doCatch(NotAvailableException.class)
                .process(exchange -> attempt(exchange).notAvailable(date(exchange)))
                .doCatch(InvalidRatesException.class)
                .process(exchange -> attempt(exchange).invalid(date(exchange), caught(exchange)))
                .doCatch(Exception.class)
                .process(exchange -> attempt(exchange).failed(caught(exchange)));
        route.removeProperty(Exchange.EXCEPTION_CAUGHT);
    }

    private static BackfillAttempt attempt(Exchange exchange) {
        return BackfillAttempt.of(exchange);
    }

    private static LocalDate date(Exchange exchange) {
        return exchange.getVariable("date", LocalDate.class);
    }

    private static Exception caught(Exchange exchange) {
        return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
    }
}
