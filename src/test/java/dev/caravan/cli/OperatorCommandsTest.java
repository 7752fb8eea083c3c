package dev.caravan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.Caravan;
import dev.caravan.JavaProcess;
import dev.caravan.pipeline.ledger.IncidentTable;
import dev.caravan.pipeline.ledger.Ledger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator asks after downtime: which slots were missed, what is wrong, and who is told. */
@Tag("slow")
class OperatorCommandsTest {

    @TempDir
    Path home;

    @BeforeEach
    void write() throws Exception {
        Files.createDirectories(home.resolve("routes"));
        Files.createDirectories(home.resolve("data"));
        Files.copy(Path.of("routes/alerts.yaml"), home.resolve("routes/alerts.yaml"));
        Files.writeString(
                home.resolve("routes/shop.yaml"),
                """
                - route:
                    id: shop
                    from:
                      uri: pipeline:shop
                      parameters:
                        cron: "0 * * * *"
                      steps:
                        - log: { message: shop }
                """);
        settings("");
    }

    private void settings(String more) throws Exception {
        Files.writeString(
                home.resolve("application.properties"),
                """
                camel.main.routesIncludePattern = file:routes/*.yaml
                camel.component.pipeline.ledgerUrl = jdbc:sqlite:data/ledger.db
                camel.component.warehouse.directory = data/warehouse
                """
                        + more);
    }

    /** As if a service had run until now. */
    private void served() {
        try (Ledger ledger = Ledger.open(url(), null, null)) {
            ledger.pipelines().register(List.of("shop"));
            ledger.slots().serve(Map.of("shop", "0 * * * * UTC"));
        }
    }

    private String url() {
        return "jdbc:sqlite:" + home.resolve("data/ledger.db");
    }

    private record Result(int exit, String out, String err) {
        JsonNode json() throws Exception {
            return new ObjectMapper().readTree(out);
        }
    }

    private Result caravan(String... arguments) throws Exception {
        Process process = JavaProcess.of(Caravan.class, List.of(), arguments)
                .directory(home.toFile())
                .redirectError(home.resolve("err.txt").toFile())
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), out, Files.readString(home.resolve("err.txt")));
    }

    @Test
    void slotsThatPassedWhileNobodyServedAreListedAndThoseThatWillBeRun() throws Exception {
        served();
        Jdbi.create(url())
                .useHandle(h -> h.execute(
                        "UPDATE pipelines SET since = since - ?",
                        Duration.ofHours(3).toMillis()));
        Result slots = caravan("slots", "--output", "json");
        assertThat(slots.exit()).as(slots.err()).isZero();
        List<String> states = new ArrayList<>();
        slots.json().forEach(slot -> states.add(slot.path("state").asText()));
        // catchUp=last
        assertThat(states.subList(0, 3)).containsExactly("missed", "missed", "overdue");
        assertThat(states.subList(3, states.size())).isNotEmpty().containsOnly("upcoming");
        assertThat(slots.json().get(0).path("reason").asText()).isNotBlank();
        String overdue = slots.json().get(2).path("slot").asText();

        Result inspect = caravan("inspect", "shop", "--output", "json");
        assertThat(inspect.exit()).as(inspect.err()).isZero();
        assertThat(inspect.json().path("missed_slots_to_run"))
                .singleElement()
                .satisfies(slot -> assertThat(slot.asText()).isEqualTo(overdue));
    }

    @Test
    void incidentsAreListedAndMuted() throws Exception {
        served();
        try (Ledger ledger = Ledger.open(url(), null, null)) {
            ledger.incidents().open("shop", "failed", null, "Run 1 failed", "Correct the cause");
        }
        Result listed = caravan("alerts", "ls", "--output", "json");
        assertThat(listed.exit()).as(listed.err()).isZero();
        assertThat(listed.json()).singleElement().satisfies(incident -> {
            assertThat(incident.path("pipeline").asText()).isEqualTo("shop");
            assertThat(incident.path("cause").asText()).isEqualTo("failed");
            assertThat(incident.path("message").asText()).isEqualTo("Run 1 failed");
            assertThat(incident.path("fix").asText()).isEqualTo("Correct the cause");
        });
        Result muted = caravan("alerts", "mute", "shop", "--for", "2h");
        assertThat(muted.exit()).as(muted.err()).isZero();
        try (Ledger ledger = Ledger.open(url(), null, null)) {
            assertThat(ledger.incidents().mutes()).singleElement().satisfies(mute -> assertThat(
                            Duration.between(mute.begins(), mute.ends()))
                    .isEqualTo(Duration.ofHours(2)));
        }
        assertThat(caravan("alerts", "mute", "shop", "--end").exit()).isZero();
        assertThat(caravan("alerts", "mute", "--all", "--for", "1h").exit()).isZero();
        try (Ledger ledger = Ledger.open(url(), null, null)) {
            assertThat(ledger.incidents().muted()).containsExactly(IncidentTable.ALL);
        }
        assertThat(caravan("alerts", "mute", "shpo", "--for", "1h"))
                .satisfies(unknown -> assertThat(unknown.exit()).isEqualTo(2))
                .satisfies(unknown -> assertThat(unknown.err()).contains("shpo"));
    }

    @Test
    void aTestSaysWhichChannelWorks() throws Exception {
        settings("alerts.log = false\n");
        Result none = caravan("alerts", "test");
        assertThat(none.exit()).isEqualTo(2);
        assertThat(none.err()).contains("No channel is set up");
        settings("alerts.log = true\nalerts.slack.url = http://127.0.0.1:1/services/canary-7f3a91\n");
        Result test = caravan("alerts", "test", "--output", "json");
        assertThat(test.exit()).isEqualTo(1);
        assertThat(test.json().findValuesAsText("channel")).containsExactly("log", "slack");
        assertThat(test.json().findValuesAsText("result")).containsExactly("sent", "failed");
        assertThat(test.out() + test.err()).doesNotContain("canary-7f3a91");
    }
}
