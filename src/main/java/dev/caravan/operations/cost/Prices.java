package dev.caravan.operations.cost;

import dev.caravan.run.UsageException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * The prices, from the properties {@code cost.*}. Those of what no pipeline uses need not be set.
 */
final class Prices {

    private final UnaryOperator<String> properties;
    private final boolean needed;

    /**
     * Prices from properties.
     *
     * @param properties the value of a property, empty if it is not set
     */
    Prices(UnaryOperator<String> properties) {
        this(properties, true);
    }

    private Prices(UnaryOperator<String> properties, boolean needed) {
        this.properties = properties;
        this.needed = needed;
    }

    /** Returns the prices of something; if it is not used, they need not be set. */
    Prices of(boolean used) {
        return new Prices(properties, used);
    }

    String currency() {
        return properties.apply("cost.currency");
    }

    /** Returns the date of the prices. */
    String asOf() {
        return properties.apply("cost.as-of");
    }

    /** Returns the sources of the prices. */
    String source() {
        return properties.apply("cost.source");
    }

    /** Returns the price of a Snowflake credit. */
    BigDecimal credit() {
        return number("cost.snowflake.credit");
    }

    /** Returns the credits that the warehouse uses per hour. */
    BigDecimal creditsPerHour() {
        return number("cost.snowflake.credits-per-hour");
    }

    /** Returns how long the warehouse idles before it suspends itself. */
    Duration autoSuspend() {
        return Duration.ofSeconds(number("cost.snowflake.auto-suspend").longValue());
    }

    /** Returns the credits for a GB that Snowpipe loads. */
    BigDecimal snowpipe() {
        return number("cost.snowpipe.credits-per-gb");
    }

    /** Returns the price of a GB in S3 per month. */
    BigDecimal storage() {
        return number("cost.s3.gb-month");
    }

    /** Returns the price of a thousand requests that write to S3. */
    BigDecimal put() {
        return number("cost.s3.put");
    }

    /** Returns the price of a thousand requests that read from S3. */
    BigDecimal get() {
        return number("cost.s3.get");
    }

    /** Returns the requests to the exchange-rate API that the plan includes per month. */
    BigDecimal quota() {
        return number("cost.exchange-rates.quota");
    }

    /** Returns the price of the plan per month. */
    BigDecimal plan() {
        return number("cost.exchange-rates.month");
    }

    /** @throws UsageException if it is not set, not a number or negative */
    private BigDecimal number(String name) {
        String text = properties.apply(name).strip();
        if (text.isEmpty() && !needed) {
            return BigDecimal.ZERO;
        }
        try {
            BigDecimal number = new BigDecimal(text);
            if (number.signum() >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw new UsageException(name + " is " + (text.isEmpty() ? "not set" : "'" + text + "'")
                + ": set it to a number, such as 0.005");
    }
}
