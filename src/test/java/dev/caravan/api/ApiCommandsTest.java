package dev.caravan.api;

import static dev.caravan.api.PagedServer.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.Caravan;
import dev.caravan.JavaProcess;
import dev.caravan.api.PagedServer.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A project that reads an API, looked at by {@code caravan doctor} and {@code caravan run --preview}. */
@Tag("slow")
class ApiCommandsTest {

    @TempDir
    Path home;

    private PagedServer server;

    @BeforeEach
    void write() throws IOException {
        server = new PagedServer();
        settings("url", server.url(), "token", "canary-7f3a91");
        Files.createDirectories(home.resolve("routes"));
        Files.writeString(home.resolve("application-mine.properties"), "");
        route(
                """
                      - to: { uri: "api:shop/items", parameters: { paging: page } }
                      - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { mode: merge, key: id } }
                """);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void settings(String... api) throws IOException {
        String settings =
                """
                camel.main.routesIncludePattern = file:routes/*.yaml
                camel.component.pipeline.ledgerUrl = jdbc:sqlite:data/ledger.db
                camel.component.warehouse.directory = data/warehouse
                camel.beans.shop = #class:dev.caravan.api.Api
                camel.beans.unused = #class:dev.caravan.api.Api
                """;
        for (int i = 0; i < api.length; i += 2) {
            settings += "camel.beans.shop." + api[i] + " = " + api[i + 1] + "\n";
        }
        Files.writeString(home.resolve("application.properties"), settings);
    }

    private void route(String steps) throws IOException {
        Files.writeString(
                home.resolve("routes/items.yaml"),
                """
                - route:
                    id: items
                    from:
                      uri: pipeline:items
                      steps:
                """
                        + steps);
    }

    private record Result(int exit, String out) {
        JsonNode json() {
            return Answers.json(out);
        }
    }

    private Result caravan(String... arguments) throws Exception {
        Files.createDirectories(home.resolve("data"));
        Process process = JavaProcess.of(
                        Caravan.class,
                        List.of(),
                        Stream.concat(Stream.of(arguments), Stream.of("--profile", "mine"))
                                .toArray(String[]::new))
                .directory(home.toFile())
                .redirectError(home.resolve("err.txt").toFile())
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        String err = Files.readString(home.resolve("err.txt"));
        assertThat(out + err).doesNotContain("canary-7f3a91", "\tat ");
        return new Result(exit, exit == 0 || out.startsWith("{") ? out : out + err);
    }

    private Map<String, String> checks(Result doctor) {
        return Stream.iterate(0, i -> i + 1)
                .limit(doctor.json().path("checks").size())
                .map(i -> doctor.json().path("checks").get(i))
                .collect(Collectors.toMap(
                        check -> check.path("check").asText(),
                        check -> check.path("result").asText() + ": "
                                + check.path("found").asText()));
    }

    @Test
    void theDoctorTriesAddressAndCredentials() throws Exception {
        server.on("/", call -> new Answer(404, ""));
        assertThat(checks(caravan("doctor", "--output", "json")))
                .containsEntry(
                        "API shop",
                        "pass: " + server.url() + " answers with HTTP status 404; set camel.beans.shop.check to a path"
                                + " that shows whether it accepts the credentials")
                .containsEntry("API unused", "not_applicable: not used by any route");

        settings("url", server.url(), "token", "canary-7f3a91", "check", "me");
        server.on("/me", call -> new Answer(401, "{\"message\": \"Bad credentials canary-7f3a91\"}"));
        Result rejected = caravan("doctor", "--output", "json");
        assertThat(rejected.exit()).isEqualTo(1);
        assertThat(checks(rejected))
                .containsEntry(
                        "api rejected",
                        "fail: " + server.url() + "/me: HTTP status 401: Bad credentials xxxxxx."
                                + " Check camel.beans.shop.token and its permissions");

        server.on("/me", call -> ok("{}"));
        assertThat(checks(caravan("doctor", "--output", "json")))
                .containsEntry("API shop", "pass: " + server.url() + "/me answers with HTTP status 200");

        settings("url", "http://127.0.0.1:1");
        assertThat(checks(caravan("doctor", "--output", "json")).get("api unreachable"))
                .startsWith("fail: http://127.0.0.1:1 got no complete answer")
                .contains("check camel.beans.shop.url");
    }

    @Test
    void aPreviewShowsRowsAndLoadsNothing() throws Exception {
        server.on(
                "/items",
                call -> ok(
                        call.number("page", 1) > 2
                                ? "[]"
                                : "[{\"id\": 1, \"name\": \"chair\"}, {\"id\": 2, \"name\": null}, {\"id\": 3}]"));
        Result first = caravan("run", "items", "--preview", "2", "--output", "json");
        assertThat(first.exit()).as(first.out()).isZero();
        assertThat(first.json().path(0))
                .isEqualTo(
                        Answers.json(
                                """
                                {"table": "SHOP.PUBLIC.ITEMS", "changes": ["create the table"],
                                 "columns": [{"name": "id", "type": "INTEGER"}, {"name": "name", "type": "TEXT"}],
                                 "rows": [{"id": 1, "name": "chair"}, {"id": 2, "name": null}]}
                                """));
        assertThat(home.resolve("data/warehouse/SHOP.duckdb")).doesNotExist();

        server.on("/items", call -> ok(call.number("page", 1) > 1 ? "[]" : "[{\"id\": 1, \"name\": \"chair\"}]"));
        assertThat(caravan("run", "items").exit()).isZero();
        server.on("/items", call -> ok(call.number("page", 1) > 1 ? "[]" : "[{\"id\": 2, \"price\": 1.5}]"));
        Result second = caravan("run", "items", "--preview", "2");
        assertThat(second.out()).contains("add price DOUBLE").containsPattern("price +DOUBLE");
        assertThat(caravan("sql", "SELECT * EXCLUDE _caravan_load_id FROM SHOP.PUBLIC.ITEMS", "--output", "json")
                        .json())
                .isEqualTo(Answers.json("[{\"id\": 1, \"name\": \"chair\"}]"));
        assertThat(caravan("runs", "ls", "--output", "json").json()).hasSize(1);
    }

    @Test
    void aPreviewChangesNothingElsewhere() throws Exception {
        route(
                """
                      - to: direct:writes
                      - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { mode: replace } }
                - route:
                    id: writes
                    from:
                      uri: direct:writes
                      steps:
                        - to: file:written
                """);
        Result result = caravan("run", "items", "--preview", "2");
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.out())
                .contains("No preview of pipeline:items: its route calls file:written, which could change something");
        assertThat(home.resolve("written")).doesNotExist();
    }
}
