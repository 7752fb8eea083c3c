package dev.caravan.operations.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.caravan.local.HubSpotServer;
import dev.caravan.operations.Finding;
import dev.caravan.operations.RouteUses;
import dev.caravan.operations.Settings;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What keeps a new HubSpot pipeline from its first row. */
class HubSpotCheckTest {

    private final HubSpotServer server = HubSpotServer.start(10, Clock.systemUTC());
    private final Map<String, String> settings = new HashMap<>(Map.of(
            "camel.beans.hubspot", "#class:dev.caravan.api.Api",
            "camel.beans.hubspot.url", "{{hubspot.url}}",
            "camel.beans.hubspot.token", "{{hubspot.token}}",
            "hubspot.url", server.url(),
            "hubspot.token", HubSpotServer.TOKEN));

    @AfterEach
    void stop() {
        server.close();
    }

    private List<Finding> examine(String... uris) throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            Properties properties = new Properties();
            properties.putAll(settings);
            context.getPropertiesComponent().setInitialProperties(properties);
            context.setAutoStartup(false);
            context.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    for (String uri : uris) {
                        from("direct:" + uri.hashCode()).to(uri);
                    }
                }
            });
            return Doctor.outside(new Settings(context), RouteUses.of(context)).stream()
                    .filter(finding ->
                            finding.toString().toLowerCase(Locale.ROOT).contains("hubspot"))
                    .toList();
        }
    }

    private Finding cause(String... uris) throws Exception {
        List<Finding> failed = examine(uris).stream().filter(Finding::failed).toList();
        assertThat(failed).hasSize(1);
        return failed.get(0);
    }

    @Test
    void whatRoutesReadIsTried() throws Exception {
        assertThat(examine("hubspot:contacts?properties=all", "hubspot:companies"))
                .extracting(finding -> finding.check() + ": " + finding.result() + ", " + finding.found())
                .containsExactly(
                        "settings of HubSpot: pass, 2 settings are readable",
                        "HubSpot: pass, can read companies, contacts");
        assertThat(examine("direct:other"))
                .extracting(finding -> finding.check() + ": " + finding.found())
                .containsExactly("HubSpot: not used by any route");
    }

    /** Each account has a bean of its own. */
    @Test
    void everyAccountIsTried() throws Exception {
        settings.put("camel.beans.hubspotEurope", "#class:dev.caravan.api.Api");
        settings.put("camel.beans.hubspotEurope.url", server.url());
        settings.put("camel.beans.hubspotEurope.token", "canary");
        assertThat(examine("hubspot:contacts", "hubspot:companies?properties=all&api=hubspotEurope"))
                .extracting(Finding::check, finding -> finding.found().replaceFirst("token of .*", "token"))
                .containsExactly(
                        tuple("settings of HubSpot", "2 settings are readable"),
                        tuple("HubSpot", "can read contacts"),
                        tuple("settings of HubSpot by hubspotEurope", "2 settings are readable"),
                        tuple("hubspot token", "HubSpot rejected the token"));
        settings.put("camel.beans.hubspotEurope.token", HubSpotServer.TOKEN);
        assertThat(examine("hubspot:companies?api=hubspotEurope"))
                .extracting(Finding::check, Finding::found)
                .containsExactly(
                        tuple("HubSpot", "not used by any route"),
                        tuple("settings of HubSpot by hubspotEurope", "2 settings are readable"),
                        tuple("HubSpot by hubspotEurope", "can read companies"));
    }

    @Test
    void aWrongTokenLeadsToServiceKeys() throws Exception {
        settings.put("hubspot.token", "canary");
        Finding cause = cause("hubspot:contacts");
        assertThat(cause.check()).isEqualTo("hubspot token");
        assertThat(cause.found()).contains("HubSpot rejected the token");
        assertThat(cause.fix())
                .contains("Development > Keys > Service keys", "private apps can no longer be created", "api_key");
        assertThat(cause.toString()).doesNotContain("canary");

        settings.put("hubspot.token", "");
        assertThat(cause("hubspot:contacts").found()).isEqualTo("camel.beans.hubspot.token is empty");

        settings.remove("hubspot.url");
        settings.put("hubspot.token", HubSpotServer.TOKEN);
        assertThat(cause("hubspot:contacts").found()).isEqualTo("hubspot.url is not set");
    }

    @Test
    void aMissingScopeIsNamed() throws Exception {
        server.missingScope("crm.objects.contacts.read");
        Finding cause = cause("hubspot:contacts");
        assertThat(cause.check()).isEqualTo("hubspot scope");
        assertThat(cause.found()).contains("lacks the scope crm.objects.contacts.read");
    }

    @Test
    void theLimitOfADayIsUsedUp() throws Exception {
        server.exhaust("DAILY");
        Finding cause = cause("hubspot:contacts");
        assertThat(cause.check()).isEqualTo("hubspot limit");
        assertThat(cause.fix()).contains("midnight");
    }

    @Test
    void anObjectTypeThatDoesNotExist() throws Exception {
        Finding cause = cause("hubspot:contracts");
        assertThat(cause.check()).isEqualTo("hubspot failed");
        assertThat(cause.found()).contains("contracts");
    }
}
