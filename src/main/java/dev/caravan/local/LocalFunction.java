package dev.caravan.local;

import dev.caravan.run.UsageException;
import org.apache.camel.spi.PropertiesFunction;

/**
 * The property function {@code {{local:NAME}}}: starts the stand-in of that name when a property first asks for it, and
 * gives the address where it listens.
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
            default ->
                throw new UsageException("There is no stand-in {{local:" + name + "}}: there is exchange-rates.");
        };
    }
}
