package dev.caravan.operations.cost;

import dev.caravan.run.UsageException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * What things cost, from the properties {@code cost.*}. Nobody has to set those of what no pipeline uses.
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

    /** The same for something that is used, or for something that is not: its prices may be left out. */
    Prices of(boolean used) {
        return new Prices(properties, used);
    }

    String currency() {
        return properties.apply("cost.currency");
    }

    /** When they were looked up. */
    String asOf() {
        return properties.apply("cost.as-of");
    }

    /** Where. */
    String source() {
        return properties.apply("cost.source");
    }

    /** A credit of Snowflake. */
    BigDecimal credit() {
        return number("cost.snowflake.credit");
    }

    /** What the warehouse uses while it is on. */
    BigDecimal creditsPerHour() {
        return number("cost.snowflake.credits-per-hour");
    }

    /** How long the warehouse idles before it suspends itself. */
    Duration autoSuspend() {
        return Duration.ofSeconds(number("cost.snowflake.auto-suspend").longValue());
    }

    /** Credits for a GB that Snowpipe loads. */
    BigDecimal snowpipe() {
        return number("cost.snowpipe.credits-per-gb");
    }

    /** A GB in S3 for a month. */
    BigDecimal storage() {
        return number("cost.s3.gb-month");
    }

    /** A thousand requests that write to S3. */
    BigDecimal put() {
        return number("cost.s3.put");
    }

    /** A thousand requests that read from it. */
    BigDecimal get() {
        return number("cost.s3.get");
    }

    /** Requests to the exchange-rate API that the plan includes in a month. */
    BigDecimal quota() {
        return number("cost.exchange-rates.quota");
    }

    /** What the plan costs in a month. */
    BigDecimal plan() {
        return number("cost.exchange-rates.month");
    }

    /** @throws UsageException if it is not set, or no number */
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
            // said below
        }
        throw new UsageException(
                name + " is " + (text.isEmpty() ? "not set" : "'" + text + "'") + "; write a number, as in 0.005");
    }
}
