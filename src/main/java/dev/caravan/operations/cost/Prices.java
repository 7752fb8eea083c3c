package dev.caravan.operations.cost;

import dev.caravan.run.UsageException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * What things cost, from the properties {@code cost.*}.
 *
 * @param asOf when they were looked up
 * @param source where
 * @param credit a credit of Snowflake
 * @param creditsPerHour what the warehouse uses while it is on
 * @param autoSuspend how long the warehouse idles before it suspends itself
 * @param snowpipe credits for a GB that Snowpipe loads
 * @param storage a GB in S3 for a month
 * @param put a thousand requests that write to S3
 * @param get a thousand requests that read from it
 * @param quota requests to the exchange-rate API that the plan includes in a month
 * @param plan what the plan costs in a month
 */
record Prices(
        String currency,
        String asOf,
        String source,
        BigDecimal credit,
        BigDecimal creditsPerHour,
        Duration autoSuspend,
        BigDecimal snowpipe,
        BigDecimal storage,
        BigDecimal put,
        BigDecimal get,
        BigDecimal quota,
        BigDecimal plan) {

    /**
     * Reads them.
     *
     * @param properties the value of a property, empty if it is not set
     * @throws UsageException if one is missing or no number
     */
    static Prices of(UnaryOperator<String> properties) {
        return new Prices(
                properties.apply("cost.currency"),
                properties.apply("cost.as-of"),
                properties.apply("cost.source"),
                number(properties, "cost.snowflake.credit"),
                number(properties, "cost.snowflake.credits-per-hour"),
                Duration.ofSeconds(
                        number(properties, "cost.snowflake.auto-suspend").longValue()),
                number(properties, "cost.snowpipe.credits-per-gb"),
                number(properties, "cost.s3.gb-month"),
                number(properties, "cost.s3.put"),
                number(properties, "cost.s3.get"),
                number(properties, "cost.exchange-rates.quota"),
                number(properties, "cost.exchange-rates.month"));
    }

    private static BigDecimal number(UnaryOperator<String> properties, String name) {
        String text = properties.apply(name).strip();
        try {
            BigDecimal number = new BigDecimal(text);
            if (number.signum() >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new UsageException(
                name + " is " + (text.isEmpty() ? "not set" : "'" + text + "'") + "; write a number, as in 0.005");
    }
}
