package dev.caravan;

import dev.caravan.secrets.VerbatimSecrets;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;

/** Configures how settings are read. */
final class SettingsListener extends MainListenerSupport {

    private final boolean environment;

    /**
     * @param environment whether environment variables override settings
     */
    SettingsListener(boolean environment) {
        this.environment = environment;
    }

    @Override
    public void beforeInitialize(BaseMainSupport main) {
        PropertiesComponent settings =
                (PropertiesComponent) main.getCamelContext().getPropertiesComponent();
        settings.setPropertiesParser(new VerbatimSecrets(settings));
        if (!environment) {
            settings.setEnvironmentVariableMode(PropertiesComponent.ENVIRONMENT_VARIABLES_MODE_NEVER);
        }
    }
}
