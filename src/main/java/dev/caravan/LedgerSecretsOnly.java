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
import org.apache.camel.util.IOHelper;

/**
 * Resolves {@code {{aws:...}}} to an empty value, except for the ledger's settings, so that commands without need of other
 * secrets work offline.
 */
final class LedgerSecretsOnly extends MainListenerSupport {

    private static final String LEDGER = "camel.component.pipeline.ledger";
    /** Bounds the depth of settings that refer to each other; Camel rejects circular ones. */
    private static final int MAX_DEPTH = 100;

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

        /** Collects the references in a value, innermost first, because a reference can contain other settings. */
        private void collect(String value, Properties settings) {
            String resolved = value;
            Matcher placeholder = PLACEHOLDER.matcher(resolved);
            for (int depth = 0; depth < MAX_DEPTH && placeholder.find(); depth++) {
                String[] name = placeholder.group(1).split(":", 2);
                String meant = "";
                if (name[0].equals(getName())) {
                    references.add(name[1]);
                } else {
                    String variable = IOHelper.lookupEnvironmentVariable(name[0]);
                    meant = variable != null
                            ? variable
                            : settings.getProperty(name[0], name.length == 1 ? "" : name[1]);
                }
                resolved = resolved.substring(0, placeholder.start()) + meant + resolved.substring(placeholder.end());
                placeholder.reset(resolved);
            }
        }
    }
}
