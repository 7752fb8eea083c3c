package dev.caravan.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Properties;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VerbatimSecretsTest {

    private final DefaultCamelContext context = new DefaultCamelContext();
    private final Properties properties = new Properties();
    private final PropertiesComponent settings = (PropertiesComponent) context.getPropertiesComponent();

    VerbatimSecretsTest() {
        settings.setInitialProperties(properties);
        settings.setPropertiesParser(new VerbatimSecrets(settings));
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    private String resolve(String text) {
        return context.resolvePropertyPlaceholders(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"p{{x}}y", "abc{{def", "a}}b", "}}{{", "{{{a}}}", "{{?a}}b", "'{{x}}'", "\\{{x\\}}", "plain"})
    void aSecretIsTakenAsItIs(String secret) {
        properties.setProperty("db.password", secret);
        properties.setProperty("camel.beans.db.password", "{{db.password}}");
        assertThat(resolve("{{db.password}}")).isEqualTo(secret);
        assertThat(resolve("{{camel.beans.db.password}}")).isEqualTo(secret);
        assertThat(resolve(resolve("{{db.password}}"))).as("asked for again").isEqualTo(secret);
        assertThat(resolve("jdbc:x?password={{db.password}}")).isEqualTo("jdbc:x?password=" + secret);
    }

    @Test
    void aReferenceIsFollowed() {
        properties.setProperty("one.password", "{{two.password}}");
        properties.setProperty("two.password", "{{three:{{four}}}}");
        properties.setProperty("four", "4");
        assertThat(resolve("{{one.password}}")).isEqualTo("4");
    }

    @ParameterizedTest
    @ValueSource(strings = {"canary{{x}}", "canary{{x", "canary{{aws:}}"})
    void aWrongPlaceholderIsToldWithoutTheTextAroundIt(String text) {
        assertThatThrownBy(() -> resolve(text)).hasMessageNotContaining("canary");
    }
}
