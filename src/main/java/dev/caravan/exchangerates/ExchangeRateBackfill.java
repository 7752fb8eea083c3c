package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.LocalDate;
import java.util.concurrent.ExecutorService;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;

/**
 * The pipeline {@code exchange-rates-backfill}: fetches the days from {@code start_date} to {@code end_date} that are
 * not in the bucket, or all of them with {@code force=true}.
 *
 * <p>Properties, besides those of {@link ExchangeRateRoutes}: {@code exchange-rates.parallel-requests} (8), and
 * {@code exchange-rates.arrival}, the endpoint that is told when the objects are there.
 */
public final class ExchangeRateBackfill extends RouteBuilder {

    @Override
    public void configure() {
        if (!ExchangeRateRoutes.isWanted(getContext())) {
            return;
        }
        int parallel = ExchangeRateRoutes.positive(getContext(), "exchange-rates.parallel-requests", 8);
        ExecutorService threads =
                getContext().getExecutorServiceManager().newFixedThreadPool(this, "exchange-rates", parallel);

        from("pipeline:exchange-rates-backfill?tags=exchange-rates"
                        + "&param.start_date=date&param.end_date=date:yesterday&param.force=boolean:false"
                        + "&require=RAW(${variable.start_date} <= ${variable.end_date})")
                .routeId("exchange-rates-backfill")
                .description("Fetches the exchange rates of past days that are missing")
                .step("plan")
                .process(BackfillAttempt::plan)
                .filter(exchange -> BackfillAttempt.of(exchange).needsRequests())
                .setVariable(ExchangeRateApi.RESOURCE, constant("/usage.json"))
                .to("direct:exchange-rates")
                .process(exchange -> BackfillAttempt.of(exchange)
                        .budget(exchange.getMessage().getBody(JsonNode.class)))
                .end()
                .end()
                .step("extract")
                .split()
                .exchange(exchange -> BackfillAttempt.of(exchange).days())
                .parallelProcessing()
                .executorService(threads)
                .to("direct:exchange-rates-backfill-day")
                .end()
                .process(exchange -> BackfillAttempt.of(exchange).retryIfTransient())
                .end()
                .step("arrive")
                .setVariable(RateFiles.FILES)
                .exchange(exchange -> BackfillAttempt.of(exchange).files(exchange))
                .setVariable(RateFiles.WRITTEN)
                .exchange(exchange -> BackfillAttempt.of(exchange).writtenFiles(exchange))
                .to("{{exchange-rates.arrival}}")
                .end()
                .process(exchange -> exchange.getMessage()
                        .setBody(BackfillAttempt.of(exchange).finish()));

        from("direct:exchange-rates-backfill-day")
                .routeId("exchange-rates-backfill-day")
                .errorHandler(noErrorHandler())
                .doTry()
                .setVariable("date", body())
                .filter(exchange -> BackfillAttempt.of(exchange).goesOn(exchange))
                .setVariable(ExchangeRateApi.RESOURCE, simple("/historical/${body}.json"))
                .to("direct:exchange-rates")
                .to("direct:exchange-rates-put")
                .process(exchange -> BackfillAttempt.of(exchange).written(date(exchange)))
                .end()
                .endDoTry()
                .doCatch(NotAvailableException.class)
                .process(exchange -> BackfillAttempt.of(exchange).notAvailable(date(exchange)))
                .doCatch(InvalidRatesException.class)
                .process(exchange -> BackfillAttempt.of(exchange)
                        .odd(
                                date(exchange),
                                exchange.getProperty(Exchange.EXCEPTION_CAUGHT, InvalidRatesException.class)))
                .doCatch(Exception.class)
                .process(exchange -> BackfillAttempt.of(exchange)
                        .failed(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class)))
                .end()
                .removeProperty(Exchange.EXCEPTION_CAUGHT);
    }

    private static LocalDate date(Exchange exchange) {
        return exchange.getVariable("date", LocalDate.class);
    }
}
