package dev.caravan.hubspot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.api.Api;
import dev.caravan.data.Column;
import dev.caravan.data.ColumnType.Kind;
import dev.caravan.data.Rows;
import dev.caravan.local.HubSpotServer;
import dev.caravan.run.PermanentException;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HubSpotTest {

    private static final OffsetDateTime BEGIN = OffsetDateTime.parse("2026-01-01T00:00:00Z");

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private DefaultCamelContext context;
    private HubSpotServer server;

    @BeforeEach
    void start() throws Exception {
        start(350);
    }

    private void start(int contacts) throws Exception {
        stop();
        server = HubSpotServer.start(contacts, Clock.systemUTC());
        server.limits(100_000, 100_000);
        server.listen(exchange -> requests.add(
                exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath()));
        Api api = new Api();
        api.setUrl(server.url());
        api.setToken(HubSpotServer.TOKEN);
        HubSpotComponent component = new HubSpotComponent();
        component.setSearchesPerSecond(0);
        context = new DefaultCamelContext();
        context.addComponent("hubspot", component);
        context.getRegistry().bind("hubspot", api);
        context.start();
    }

    @AfterEach
    void stop() {
        if (server != null) {
            context.stop();
            server.close();
        }
    }

    @Test
    void theFirstLoadListsAllAndTheNextSearchesWhatHasChanged() {
        assertThat(read("hubspot:contacts", null)).hasSize(343);
        assertThat(requests)
                .filteredOn(request -> request.startsWith("GET"))
                .contains("GET /crm/objects/2026-09/contacts");
        requests.clear();
        OffsetDateTime before = OffsetDateTime.now(ZoneOffset.UTC).minusSeconds(1);
        List<String> changed = server.changeContacts(3);
        assertThat(ids(read("hubspot:contacts", before))).containsExactlyInAnyOrderElementsOf(changed);
        assertThat(requests)
                .containsExactly("GET /crm/properties/2026-09/contacts", "POST /crm/objects/2026-09/contacts/search");
    }

    @Test
    void columnsHaveTheTypesOfTheProperties() {
        try (Rows rows = open("hubspot:contacts?properties=all&archived=true", null)) {
            assertThat(rows.columns().stream().map(Column::name).toList())
                    .startsWith("id", "email")
                    .endsWith("archived", "archived_at");
            assertThat(kind(rows, "annualrevenue")).isEqualTo(Kind.DECIMAL);
            assertThat(kind(rows, "date_of_birth")).isEqualTo(Kind.DATE);
            assertThat(kind(rows, "hs_email_optout")).isEqualTo(Kind.BOOLEAN);
            assertThat(kind(rows, "lastmodifieddate")).isEqualTo(Kind.TIMESTAMP_TZ);
            assertThat(kind(rows, "fax")).isEqualTo(Kind.TEXT);
            List<Map<String, Object>> all = all(rows);
            assertThat(all).hasSize(350);
            assertThat(all).filteredOn(row -> row.get("archived").equals(true)).hasSize(7);
            assertThat(all.get(0)).containsEntry("date_of_birth", null).containsEntry("annualrevenue", null);
            assertThat(all.get(1))
                    .containsEntry("id", "7103")
                    .containsEntry("annualrevenue", new BigDecimal("2500.12"))
                    .containsEntry("date_of_birth", LocalDate.of(1960, 3, 23))
                    .containsEntry("createdate", OffsetDateTime.parse("2026-01-05T09:14:00Z"))
                    .containsEntry("hs_email_optout", false);
        }
    }

    @Test
    void moreThanTenThousandChangesLoseAndRepeatNone() throws Exception {
        start(12_500); // a third of them in the same millisecond
        List<String> ids = ids(read("hubspot:contacts?properties=email", BEGIN));
        assertThat(ids).hasSize(12_250);
        assertThat(new HashSet<>(ids)).hasSize(12_250);
    }

    @Test
    void propertiesWhoseNamesDoNotFitIntoAnAddressAreReadByPost() {
        List<Map<String, Object>> few = read("hubspot:contacts?properties=email,annualrevenue&archived=true", null);
        for (int i = 0; i < 100; i++) {
            server.addProperty("a_property_with_a_long_name_" + i, "string");
        }
        requests.clear();
        List<Map<String, Object>> all = read("hubspot:contacts?properties=all&archived=true", null);
        assertThat(requests)
                .filteredOn(request -> request.equals("POST /crm/objects/2026-09/contacts/batch/read"))
                .hasSize(5);
        assertThat(all).hasSize(350).allMatch(row -> row.size() == 115);
        for (int i = 0; i < 350; i++) {
            assertThat(all.get(i)).containsAllEntriesOf(few.get(i));
        }
    }

    @Test
    void objectsThatAreGoneBeforeTheirPropertiesAreReadAreNotPassedOver() {
        for (int i = 0; i < 100; i++) {
            server.addProperty("a_property_with_a_long_name_" + i, "string");
        }
        server.listen(exchange -> {
            if (exchange.getRequestURI().getPath().endsWith("/batch/read")) {
                server.archiveContact("7103");
            }
        });
        assertThatThrownBy(() -> read("hubspot:contacts?properties=all", null))
                .hasStackTraceContaining("asked for the properties of 100 objects, but got 99");
        server.listen(exchange -> {});
        assertThat(read("hubspot:contacts?properties=all", null)).hasSize(342);
    }

    @Test
    void theVersionOfTheApiCanBeChosen() {
        List<Map<String, Object>> rows = read("hubspot:contacts?version=v3&properties=email", null);
        assertThat(rows).hasSize(343);
        assertThat(requests).contains("GET /crm/v3/objects/contacts").noneMatch(request -> request.contains("2026"));
    }

    @Test
    void associationsAreAColumn() {
        List<Map<String, Object>> rows = read("hubspot:contacts?associations=companies", null);
        assertThat(rows.get(0)).containsEntry("id", "7101").containsEntry("associations_companies", "[]");
        assertThat(rows.get(1)).containsEntry("id", "7103").containsEntry("associations_companies", "[\"90000010\"]");
    }

    @Test
    void companiesHaveAnotherCursor() {
        assertThat(read("hubspot:companies", BEGIN))
                .hasSize(35)
                .allMatch(row -> row.get("hs_lastmodifieddate") != null);
    }

    @Test
    void failuresSayWhatToDo() {
        assertThatThrownBy(() -> read("hubspot:contacts?properties=emial", null))
                .isInstanceOf(PermanentException.class)
                .hasMessage("hubspot:contacts: HubSpot has no property emial of contacts. Did you mean email?");
        assertThatThrownBy(() -> read("hubspot:contacts?properties=email,id", null))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("leave it out of the option properties");
        server.missingScope("crm.objects.contacts.read");
        assertThatThrownBy(() -> read("hubspot:contacts", null))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("lacks the scope crm.objects.contacts.read");
        server.exhaust("DAILY");
        assertThatThrownBy(() -> read("hubspot:contacts", null))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("You have reached your daily limit");
        server.token("another");
        assertThatThrownBy(() -> read("hubspot:contacts", null))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("service key")
                .hasMessageNotContaining("local");
    }

    @Test
    void aLimitOfSecondsIsWaitedFor() {
        server.inject("429:1@/search*1");
        assertThat(read("hubspot:contacts", BEGIN)).hasSize(343);
    }

    @Test
    void whatTheIndexDoesNotKnowYetIsReadLater() {
        server.indexLag(Duration.ofHours(1));
        server.changeContacts(1);
        assertThat(read("hubspot:contacts", OffsetDateTime.now(ZoneOffset.UTC).minusMinutes(15)))
                .isEmpty();
    }

    private static Kind kind(Rows rows, String column) {
        return rows.columns().stream()
                .filter(each -> each.name().equals(column))
                .map(each -> each.type().kind())
                .findFirst()
                .orElseThrow();
    }

    private static List<String> ids(List<Map<String, Object>> rows) {
        return rows.stream().map(row -> (String) row.get("id")).toList();
    }

    private List<Map<String, Object>> read(String uri, OffsetDateTime cursor) {
        try (Rows rows = open(uri, cursor)) {
            return all(rows);
        }
    }

    private static List<Map<String, Object>> all(Rows rows) {
        List<Map<String, Object>> all = new ArrayList<>();
        rows.forEachRemaining(all::add);
        return all;
    }

    private Rows open(String uri, OffsetDateTime cursor) {
        try {
            Exchange exchange = new DefaultExchange(context);
            exchange.getMessage().setHeader("CamelWarehouseCursor", cursor);
            var producer = context.getEndpoint(uri).createProducer();
            producer.process(exchange);
            return exchange.getMessage().getBody(Rows.class);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
