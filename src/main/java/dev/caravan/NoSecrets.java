package dev.caravan;

import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.spi.PropertiesFunction;

/** Leaves empty what {@code {{aws:...}}} stands for, for commands that need no secret and should need no network. */
final class NoSecrets extends MainListenerSupport {

    @Override
    public void beforeInitialize(BaseMainSupport main) {
        main.getCamelContext().getPropertiesComponent().addPropertiesFunction(new PropertiesFunction() {
            @Override
            public String getName() {
                return "aws";
            }

            @Override
            public String apply(String remainder) {
                return "";
            }
        });
    }
}
