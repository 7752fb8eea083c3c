package dev.caravan.hubspot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.local.HubSpotServer;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From HubSpot into a table, by the shipped route. */
class HubSpotLoadTest {

    @TempDir
    private Path directory;

    private HubSpotServer server;

    @BeforeEach
    void start() {
        start(350);
    }

    private void start(int contacts) {
        stop();
        server = HubSpotServer.start(contacts, Clock.systemUTC());
        server.limits(100_000, 100_000);
    }

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private HubSpotApp app(String options) throws Exception {
        String shipped = Files.readString(Path.of("routes/hubspot-daily.yaml"));
        assertThat(shipped).contains(HubSpotApp.SHIPPED);
        String indent = "\n" + " ".repeat(20);
        return new HubSpotApp(
                directory, server.url(), shipped.replace(HubSpotApp.SHIPPED, options.replace(", ", indent)));
    }

    private static RunRecord completed(RunRecord run) {
        assertThat(run.error()).isNull();
        assertThat(run.state()).isEqualTo(RunState.COMPLETED);
        assertThat(run.attempts()).isEqualTo(1);
        return run;
    }

    @Test
    void theFirstRunLoadsAllAndTheNextOnlyWhatHasChanged() throws Exception {
        try (HubSpotApp app = new HubSpotApp(directory, server.url())) {
            assertThat(completed(app.run()).rows()).isEqualTo(343);
            assertThat(app.sql("SELECT column_name, data_type FROM information_schema.columns WHERE table_name ="
                            + " 'CONTACTS' ORDER BY ordinal_position"))
                    .containsExactly(
                            "id VARCHAR",
                            "email VARCHAR",
                            "firstname VARCHAR",
                            "lastname VARCHAR",
                            "createdate TIMESTAMP WITH TIME ZONE",
                            "lastmodifieddate TIMESTAMP WITH TIME ZONE",
                            "_caravan_load_id VARCHAR");
            List<String> changed = server.changeContacts(5);
            assertThat(completed(app.run()).rows()).isEqualTo(5);
            assertThat(app.sql("SELECT id FROM HUBSPOT.CONTACTS WHERE email LIKE '%example.org'"))
                    .containsExactlyInAnyOrderElementsOf(changed);
            assertThat(completed(app.run()).rows()).isZero();
            assertThat(app.sql("SELECT count(*), count(DISTINCT id) FROM HUBSPOT.CONTACTS"))
                    .containsExactly("343 343");
        }
    }

    @Test
    void moreChangesOfOneMomentThanASearchFindsAreAllLoaded() throws Exception {
        start(3_000);
        server.searchCap(200);
        String route = Files.readString(Path.of("routes/hubspot-daily.yaml")).replace("1970-01-01", "1999-12-31");
        try (HubSpotApp app = new HubSpotApp(directory, server.url(), route)) {
            assertThat(completed(app.run()).rows()).isEqualTo(2_940);
            assertThat(app.sql("SELECT count(DISTINCT id), mode(lastmodifieddate) = '2026-02-04T08:00:00Z',"
                            + " count(*) FILTER (lastmodifieddate = '2026-02-04T08:00:00Z') FROM HUBSPOT.CONTACTS"))
                    .containsExactly("2940 true 980");
        }
    }

    @Test
    void everyPropertyHasItsColumnAndItsType() throws Exception {
        server.addProperty("last_fair", "date");
        server.addProperty("discount", "number");
        try (HubSpotApp app = app("properties: all, associations: companies")) {
            completed(app.run());
            assertThat(app.sql("SELECT column_name, data_type FROM information_schema.columns WHERE table_name ="
                            + " 'CONTACTS' ORDER BY ordinal_position"))
                    .contains(
                            "annualrevenue DECIMAL(8,2)",
                            "date_of_birth DATE",
                            "hs_email_optout BOOLEAN",
                            "lifecyclestage VARCHAR",
                            "fax VARCHAR",
                            "last_fair DATE",
                            "discount DECIMAL(1,0)",
                            "associations_companies JSON");
            assertThat(
                            app.sql(
                                    "SELECT annualrevenue, date_of_birth, hs_email_optout, phone, fax, createdate AT TIME ZONE"
                                            + " 'UTC', associations_companies FROM HUBSPOT.CONTACTS WHERE id IN ('7101', '7109') ORDER BY id"))
                    .containsExactly(
                            "null null true +49 30 555 1000 null 2026-01-05 08:00:00.0 []",
                            "10000.18 1960-11-24 null +49 30 555 1008 null 2026-01-05 12:56:00.0 [\"90000010\"]");
        }
    }

    @Test
    void deletedContactsAreMarked() throws Exception {
        try (HubSpotApp app = app(HubSpotApp.SHIPPED + ", archived: true")) {
            assertThat(completed(app.run()).rows()).isEqualTo(350);
            String archived = "SELECT count(*), count(archived_at) FROM HUBSPOT.CONTACTS WHERE archived";
            assertThat(app.sql(archived)).containsExactly("7 7");
            server.archiveContact("7101");
            assertThat(completed(app.run()).rows()).isEqualTo(1);
            assertThat(app.sql(archived)).containsExactly("8 8");
            assertThat(app.sql("SELECT email, archived FROM HUBSPOT.CONTACTS WHERE id = '7101'"))
                    .containsExactly("contact0@example.com true");
        }
    }

    @Test
    void whatChangesDuringTheFirstListIsNotLost() throws Exception {
        AtomicInteger pages = new AtomicInteger();
        server.listen(exchange -> {
            // the contact is on the first page, which has been read
            if (exchange.getRequestURI().getPath().endsWith("/objects/2026-09/contacts")
                    && pages.incrementAndGet() == 3) {
                server.changeContacts(1);
            }
        });
        try (HubSpotApp app = new HubSpotApp(directory, server.url())) {
            completed(app.run());
            assertThat(app.sql("SELECT email FROM HUBSPOT.CONTACTS WHERE id = '7101'"))
                    .containsExactly("7101@example.org");
        }
    }

    @Test
    void aFullRefreshHasEachContactOnce() throws Exception {
        server.changeContacts(5);
        String route =
                """
                - route:
                    id: hubspot-daily
                    from:
                      uri: pipeline:hubspot-daily
                      steps:
                        - to: hubspot:contacts?archived=true
                        - to: warehouse:DLT.HUBSPOT.CONTACTS?mode=replace
                """;
        try (HubSpotApp app = new HubSpotApp(directory, server.url(), route)) {
            completed(app.run());
            assertThat(app.sql("SELECT count(*), count(DISTINCT id) FROM HUBSPOT.CONTACTS"))
                    .containsExactly("350 350");
        }
    }

    @Test
    void editorsHaveAKamelet() throws Exception {
        String route =
                """
                - route:
                    id: hubspot-daily
                    from:
                      uri: pipeline:hubspot-daily
                      steps:
                        - to:
                            uri: kamelet:hubspot-objects-action
                            parameters:
                              objectType: companies
                              properties: name,numberofemployees
                        - to: warehouse:DLT.HUBSPOT.COMPANIES?mode=replace
                """;
        try (HubSpotApp app = new HubSpotApp(directory, server.url(), route)) {
            assertThat(completed(app.run()).rows()).isEqualTo(35);
            assertThat(app.sql("SELECT id, name, numberofemployees, hs_lastmodifieddate IS NOT NULL"
                            + " FROM HUBSPOT.COMPANIES ORDER BY id LIMIT 1"))
                    .containsExactly("90000000 O'Neill 1 Ltd 5 true");
        }
    }
}
