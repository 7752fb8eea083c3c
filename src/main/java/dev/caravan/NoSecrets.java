package dev.caravan;

import dev.caravan.secrets.SecretsFunction;
import java.util.HashSet;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.spi.PropertiesFunction;

/**
 * Leaves empty what {@code {{aws:...}}} stands for, for commands that need no secret and should need no network; but for
 * what the ledger itself needs.
 */
final class NoSecrets extends MainListenerSupport {

    private static final String LEDGER = "camel.component.pipeline.ledger";
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{([^{}]+)}}");

    @Override
    public void beforeInitialize(BaseMainSupport main) {
        main.getCamelContext()
                .getPropertiesComponent()
                .addPropertiesFunction(new LedgerSecrets(main.getCamelContext()));
    }

    private static final class LedgerSecrets implements PropertiesFunction {

        private final CamelContext context;
        private final SecretsFunction secrets = new SecretsFunction();
        private Set<String> references;

        LedgerSecrets(CamelContext context) {
            this.context = context;
            secrets.setCamelContext(context);
        }

        @Override
        public String getName() {
            return secrets.getName();
        }

        @Override
        public synchronized String apply(String reference) {
            if (references == null) {
                references = new HashSet<>();
                Properties settings = context.getPropertiesComponent().loadProperties();
                settings.stringPropertyNames().stream()
                        .filter(key -> key.startsWith(LEDGER))
                        .forEach(key -> collect(settings.getProperty(key), settings));
                try {
                    context.addService(secrets);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
            return references.contains(reference) ? secrets.apply(reference) : "";
        }

        private void collect(String value, Properties settings) {
            Matcher placeholder = PLACEHOLDER.matcher(value);
            while (placeholder.find()) {
                String[] name = placeholder.group(1).split(":", 2);
                if (name[0].equals(getName())) {
                    references.add(name[1]);
                } else {
                    collect(settings.getProperty(name[0], ""), settings);
                }
            }
        }
    }
}
