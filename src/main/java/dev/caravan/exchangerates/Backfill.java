package dev.caravan.exchangerates;

import dev.caravan.run.Day;
import java.time.LocalDate;
import java.util.List;
import org.apache.camel.Exchange;

/**
 * What the steps of {@code routes/exchange-rates-backfill.yaml} call, in this order. The days of the variables
 * {@code start_date} to {@code end_date} that are not in the bucket are fetched, or all of them if {@code force} is true.
 */
public final class Backfill {

    private Backfill() {}

    /** Finds the missing days. */
    public static void plan(Exchange exchange) {
        BackfillAttempt.plan(exchange);
    }

    /** Returns whether any day is missing. */
    public static boolean needsRequests(Exchange exchange) {
        return attempt(exchange).needsRequests();
    }

    /** Limits the days to the quota that is left according to the body, the response to {@code /usage.json}. */
    public static void applyQuota(Exchange exchange) {
        attempt(exchange).applyQuota(Usage.of(Document.of(exchange)), exchange);
    }

    /** Returns the days to fetch, the oldest first. */
    public static List<LocalDate> days(Exchange exchange) {
        return attempt(exchange).days();
    }

    /** Returns whether to fetch another day; false once a day has failed. */
    public static boolean continues(Exchange exchange) {
        return attempt(exchange).continues(exchange);
    }

    /** Records that the day of the variable {@code date} is in the bucket. */
    public static void written(Exchange exchange) {
        attempt(exchange).written(date(exchange));
    }

    /** Records why a day is not in the bucket. The days that are in progress continue. */
    public static void notWritten(Exchange exchange) {
        Exception e = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        // it must not count as a failure of later steps
        exchange.removeProperty(Exchange.EXCEPTION_CAUGHT);
        if (e instanceof NotAvailableException) {
            attempt(exchange).notAvailable(date(exchange));
            RateFiles.report(exchange, List.of(date(exchange)), Day.State.NOT_AVAILABLE, e.getMessage());
        } else if (e instanceof InvalidRatesException) {
            attempt(exchange).invalid(date(exchange), e);
            RateFiles.report(exchange, List.of(date(exchange)), Day.State.FAILED, e.getMessage());
        } else {
            attempt(exchange).failed(e);
        }
    }

    /** Fails the attempt if a retry may succeed. */
    public static void retryIfTransient(Exchange exchange) throws Exception {
        attempt(exchange).retryIfTransient();
    }

    /** Sets the variables {@code files} and {@code filesWritten} for the step that waits until they are loaded. */
    public static void arrive(Exchange exchange) {
        exchange.setVariable(RateFiles.FILES, attempt(exchange).files(exchange));
        exchange.setVariable(RateFiles.WRITTEN, attempt(exchange).writtenFiles(exchange));
    }

    /** Returns a summary, or fails the run if days are still missing. */
    public static String finish(Exchange exchange) {
        return attempt(exchange).finish();
    }

    private static BackfillAttempt attempt(Exchange exchange) {
        return BackfillAttempt.of(exchange);
    }

    private static LocalDate date(Exchange exchange) {
        return exchange.getVariable(RateFiles.DATE, LocalDate.class);
    }
}
