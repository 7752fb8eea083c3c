package dev.caravan.local;

import dev.caravan.run.UsageException;
import org.apache.camel.spi.PropertiesFunction;

/**
 * The property function {@code {{local:NAME}}}: starts the local service of that name when a property first uses it, and
 * returns its address.
 */
@org.apache.camel.spi.annotations.PropertiesFunction("local")
public final class LocalFunction implements PropertiesFunction {

    @Override
    public String getName() {
        return "local";
    }

    @Override
    public String apply(String name) {
        return switch (name) {
            case "exchange-rates" -> ExchangeRateServer.shared().url();
            case "hubspot" -> HubSpotServer.shared().url();
            default ->
                throw new UsageException(
                        "Unknown local service {{local:" + name + "}}: expected exchange-rates or hubspot.");
        };
    }
}
