package dev.caravan.run;

import java.util.Optional;
import org.apache.camel.CamelContext;

/** Reads a setting of {@code application.properties}. */
public final class Setting {

    private Setting() {}

    /** Returns the value of a setting, without blanks around it; empty if it is not set or blank. */
    public static Optional<String> find(CamelContext context, String name) {
        return context.getPropertiesComponent()
                .resolveProperty(name)
                .map(String::strip)
                .filter(value -> !value.isEmpty());
    }
}
