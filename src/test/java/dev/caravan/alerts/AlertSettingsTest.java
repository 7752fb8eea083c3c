package dev.caravan.alerts;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

class AlertSettingsTest {

    private static final Set<String> CHANNELS = Set.of("log", "mail.to", "slack.url", "pagerduty.key");

    @Test
    void theRulesInForceAreThoseOfTheSettings() throws Exception {
        Properties shipped = new Properties();
        try (var in = Files.newBufferedReader(Path.of("application.properties"))) {
            shipped.load(in);
        }
        Set<String> rules = shipped.stringPropertyNames().stream()
                .filter(name -> name.startsWith("alerts."))
                .map(name -> name.substring("alerts.".length()))
                .filter(name -> !CHANNELS.contains(name))
                .collect(Collectors.toSet());
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            Properties settings = new Properties();
            settings.setProperty("alerts.failures", "3 in 24h");
            settings.setProperty("alerts.failed.shop", "false");
            camel.getPropertiesComponent().setInitialProperties(settings);
            List<RuleInForce> inForce = Alerts.rules(camel);
            assertThat(inForce).extracting(RuleInForce::rule).containsExactlyInAnyOrderElementsOf(rules);
            for (RuleInForce rule : inForce) {
                if (!rule.rule().equals("failures")) {
                    assertThat(rule.value()).as(rule.rule()).isEqualTo(shipped.getProperty("alerts." + rule.rule()));
                }
            }
            assertThat(inForce).anyMatch(rule -> rule.value().equals("3 in 24h") && rule.isOn());
            assertThat(inForce)
                    .filteredOn(rule -> rule.rule().equals("failed"))
                    .allMatch(rule -> rule.own().get("shop").equals("false"));
        }
    }
}
