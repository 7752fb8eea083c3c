package dev.caravan.api;

import static dev.caravan.api.PagedServer.ok;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.api.PagedServer.Answer;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Credentials, cursors, and an API that refuses or asks to wait. */
@Timeout(120)
class FailuresTest {

    private static final String CANARY = "canary-7f3a91";
    private static final String LOAD =
            """
        - to: { uri: "api:shop/items", parameters: { query.a: b } }
        - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { mode: replace } }
        """;

    @TempDir
    Path directory;

    private final AtomicInteger calls = new AtomicInteger();
    private PagedServer server;

    @BeforeEach
    void start() throws IOException {
        server = new PagedServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private RunRecord run(Map<String, String> settings, String steps) throws Exception {
        try (ApiApp app = new ApiApp(directory, server.url(), settings, steps)) {
            return app.run();
        }
    }

    @Test
    void whatPassesCostsOnlyARequest() throws Exception {
        server.on("/items", call -> switch (calls.incrementAndGet()) {
            case 1 -> {
                call.set("Retry-After", "1");
                yield new Answer(429, "{\"message\": \"slow down\"}");
            }
            case 2 -> new Answer(500, "<html>oops</html>");
            case 3 -> ok("[{\"id\": 1}, {\"id\"");
            case 4 -> throw new IOException("the connection ends");
            default -> ok("[{\"id\": 1}]");
        });
        RunRecord run = run(Map.of("retries", "4"), LOAD);
        assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
        assertThat(run.attempts()).isEqualTo(1);
        assertThat(calls.get()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 409, 422})
    void whatARetryWouldNotChangeIsNotTriedAgain(int status) throws Exception {
        server.on("/items", call -> new Answer(status, "{\"message\": \"No such thing. " + "x".repeat(300) + "\"}"));
        RunRecord run = run(Map.of(), LOAD);
        assertThat(run.state()).isEqualTo(RunState.FAILED);
        assertThat(server.calls).hasSize(1);
        assertThat(run.error())
                .contains("Page 1 of api:shop/items: HTTP status " + status + ": No such thing. xxx", "...")
                .doesNotContain("x".repeat(200));
    }

    @Test
    void aRefusalIsQuotedWithoutCredentials() throws Exception {
        server.on("/items", call -> new Answer(401, "{\"error\": {\"message\": \"Bad credentials " + CANARY + "\"}}"));
        RunRecord run = run(Map.of("token", CANARY), LOAD);
        assertThat(run.attempts()).isEqualTo(1);
        assertThat(run.error())
                .contains(
                        "Page 1 of api:shop/items: HTTP status 401: Bad credentials xxxxxx. Check camel.beans.shop.token")
                .doesNotContain(CANARY);
        assertThat(server.calls.get(0).header("Authorization")).isEqualTo("Bearer " + CANARY);
    }

    /** Credentials can be those of the route as well, and a login is sent in Base64. */
    @Test
    void aRefusalIsQuotedWithoutAnythingSecretThatWasSent() throws Exception {
        server.on(
                "/items",
                call -> new Answer(
                        403,
                        "{\"message\": \"No access for "
                                + call.header("Authorization").substring(6) + ", "
                                + call.query("api_key") + ", " + call.header("X-Auth") + " in "
                                + call.query("region") + "\"}"));
        RunRecord run = run(
                Map.of("username", "canary", "password", "secret-4711"),
                LOAD.replace(
                        "query.a: b",
                        "query.api_key: " + CANARY + ", header.X-Auth: k9-" + CANARY + ", query.region: europe"));
        assertThat(run.error())
                .contains("HTTP status 403: No access for xxxxxx, xxxxxx, xxxxxx in europe")
                .doesNotContain(CANARY, Base64.getEncoder().encodeToString("canary:secret-4711".getBytes(UTF_8)));
    }

    /** APIs repeat a header without its scheme, and what the body has. */
    @Test
    void aRefusalIsQuotedWithoutPartsOfWhatWasSent() throws Exception {
        server.on(
                "/items",
                call -> new Answer(
                        403,
                        "{\"message\": \"Keys " + last(call.header("Authorization")) + ", "
                                + last(call.header("X-Login")).replaceAll("token=|\"", "") + ", "
                                + call.query("/api_key") + ", "
                                + Answers.json(call.body())
                                        .at("/login/password")
                                        .asText() + " are revoked in "
                                + Answers.json(call.body()).at("/region").asText() + "\"}"));
        RunRecord run = run(
                Map.of("headers[Authorization]", "ApiKey a-" + CANARY),
                LOAD.replace(
                        "query.a: b",
                        "method: POST, body: '{\"region\": \"europe\", \"login\": {\"password\": \"d-" + CANARY
                                + "\"}}', query./api_key: c-" + CANARY + ", header.X-Login: 'Token token=\"b-" + CANARY
                                + "\"'"));
        assertThat(run.error()).contains("HTTP status 403: Keys xxxxxx, xxxxxx, xxxxxx, xxxxxx are revoked in europe");
    }

    private static String last(String header) {
        return header.substring(header.lastIndexOf(' ') + 1);
    }

    /** An API that repeats the address has it in percent encoding: all of it, or what it thinks has to be. */
    @ParameterizedTest
    @ValueSource(strings = {"sig", "key", "auth", "api_key"})
    void anAddressIsQuotedWithoutSecrets(String parameter) throws Exception {
        server.on(
                "/items",
                call -> new Answer(
                        403,
                        "{\"message\": \"Denied: /items?"
                                + call.http().getRequestURI().getRawQuery()
                                + " that is c7/a+n%3da%20ry=, c7%2fa%2bn%3Da+ry%3d\"}"));
        RunRecord run = run(Map.of(), LOAD.replace("query.a: b", "query." + parameter + ": 'c7/a+n=a ry='"));
        assertThat(run.error())
                .contains("HTTP status 403: Denied: /items?" + parameter + "=xxxxxx that is xxxxxx, xxxxxx")
                .doesNotContain("c7", "ry");
    }

    /** JSON in another encoding, which its type names. */
    @Test
    void theEncodingOfAnAnswerIsThatOfItsType() throws Exception {
        server.on("/items", call -> {
            call.set("Content-Type", "application/json; charset=ISO-8859-1");
            byte[] latin = "[{\"name\": \"Café\"}]".getBytes(ISO_8859_1);
            call.http().sendResponseHeaders(200, latin.length);
            call.http().getResponseBody().write(latin);
            return null;
        });
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), LOAD)) {
            RunRecord run = app.run();
            assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            assertThat(app.sql("SELECT name FROM PUBLIC.ITEMS")).containsExactly("Café");
        }
    }

    /** Many name an encoding and send UTF-8, as JSON is. */
    @ParameterizedTest
    @ValueSource(strings = {"ISO-8859-1", "us-ascii", "windows-1252", "utf-8", "no such", "x-unknown"})
    void anAnswerInUtf8IsReadAsSuchWhateverItsTypeSays(String charset) throws Exception {
        server.on("/items", call -> {
            call.set("Content-Type", "application/json; charset=" + charset);
            return ok("[{\"name\": \"Müller\"}]");
        });
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), LOAD)) {
            RunRecord run = app.run();
            assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            assertThat(app.sql("SELECT name FROM PUBLIC.ITEMS")).containsExactly("Müller");
        }
    }

    @Test
    void anAnswerInNeitherEncodingIsNotRead() throws Exception {
        server.on("/items", call -> {
            call.set("Content-Type", "application/json; charset=us-ascii");
            byte[] latin = "[{\"name\": \"Café\"}]".getBytes(ISO_8859_1);
            call.http().sendResponseHeaders(200, latin.length);
            call.http().getResponseBody().write(latin);
            return null;
        });
        RunRecord run = run(Map.of("retries", "0"), LOAD);
        assertThat(run.state()).isEqualTo(RunState.FAILED);
        assertThat(run.error()).contains("The answer is neither UTF-8 nor US-ASCII");
    }

    @Test
    void headersAndBasicAuthenticationAreSent() throws Exception {
        server.on("/items", call -> ok("[{\"id\": 1}]"));
        RunRecord run = run(Map.of("username", "u", "password", "p", "headers[X-Api-Version]", "2"), LOAD);
        assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
        assertThat(server.calls.get(0).header("Authorization")).isEqualTo("Basic dTpw");
        assertThat(server.calls.get(0).header("X-Api-Version")).isEqualTo("2");
    }

    @Test
    void aTokenOfOAuthIsRenewedWhenItIsRejected() throws Exception {
        AtomicInteger tokens = new AtomicInteger();
        server.on("/token", call -> {
            assertThat(call.body()).contains("grant_type=client_credentials", "scope=read");
            return ok("{\"access_token\": \"t" + tokens.incrementAndGet() + "\", \"expires_in\": 3600}");
        });
        server.on(
                "/items",
                call -> call.header("Authorization").equals("Bearer t2")
                        ? ok("[{\"id\": 1}]")
                        : new Answer(401, "{\"message\": \"expired\"}"));
        RunRecord run = run(
                Map.of("tokenUrl", server.url() + "/token", "clientId", "i", "clientSecret", CANARY, "scope", "read"),
                LOAD);
        assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
        assertThat(tokens.get()).isEqualTo(2);
    }

    /** Of two requests the second one is later than half of the token's life. */
    @Test
    void aTokenOfOAuthIsRenewedBeforeItExpires() throws Exception {
        AtomicInteger tokens = new AtomicInteger();
        server.on("/token", call -> {
            assertThat(call.header("Authorization")).isNull();
            assertThat(call.body()).contains("client_id=i", "client_secret=" + CANARY);
            return ok("{\"access_token\": \"t" + tokens.incrementAndGet() + "\", \"expires_in\": 1}");
        });
        server.on("/items", call -> {
            if (call.query("page").equals("1")) {
                sleep(600);
            }
            return ok(call.query("page").equals("1") ? "[{\"id\": 1}]" : "[]");
        });
        RunRecord run = run(
                Map.of(
                        "tokenUrl",
                        server.url() + "/token",
                        "clientId",
                        "i",
                        "clientSecret",
                        CANARY,
                        "clientSecretIn",
                        "body"),
                LOAD.replace("query.a: b", "paging: page"));
        assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
        assertThat(tokens.get()).isEqualTo(2);
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void theCursorOfTheTableIsSent() throws Exception {
        server.on("/items", call -> ok("[{\"id\": 1, \"at\": \"2026-03-01T00:00:00Z\"}]"));
        String steps =
                """
                - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { operation: readCursor, cursor: at, lag: 1h, initialValue: "2024-01-01T00:00:00Z" } }
                - to: { uri: "api:shop/items", parameters: { cursorParam: since } }
                - to: { uri: "warehouse:SHOP.PUBLIC.ITEMS", parameters: { mode: merge, key: id, cursor: at, type.at: TIMESTAMP_TZ } }
                """;
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), steps)) {
            assertThat(app.run().state()).isEqualTo(RunState.COMPLETED);
            assertThat(app.run().state()).isEqualTo(RunState.COMPLETED);
        }
        assertThat(server.calls)
                .extracting(call -> call.query("since"))
                .containsExactly("2024-01-01T00:00:00Z", "2026-02-28T23:00:00Z");
    }

    /** The rows of a parent, and columns of it. */
    @Test
    void childrenAreReadForEachParent() throws Exception {
        server.on("/items", call -> ok("[{\"id\": 1}, {\"id\": \"a b\"}]"));
        server.on("/items/1/notes", call -> ok("[{\"note\": \"x\"}, {\"note\": \"y\"}]"));
        server.on("/items/a%20b/notes", call -> ok("[{\"note\": \"z\"}]"));
        String steps =
                """
                - to: { uri: "api:shop/items" }
                - to: { uri: "api:shop/items/{id}/notes", parameters: { parent.item: id } }
                - to: { uri: "warehouse:SHOP.PUBLIC.NOTES", parameters: { mode: replace } }
                """;
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), steps)) {
            RunRecord run = app.run();
            assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            assertThat(app.sql("SELECT item, note FROM PUBLIC.NOTES ORDER BY note"))
                    .containsExactly("1 x", "1 y", "a b z");
        }
    }

    private static final String NOTES =
            """
            - to: { uri: "api:shop/items" }
            - to: { uri: "api:shop/items/{id}/notes", parameters: { parent.item: id, parallel: 3 } }
            - to: { uri: "warehouse:SHOP.PUBLIC.NOTES", parameters: { mode: merge, key: "item,note" } }
            """;

    /** Three requests are answered only when all three have come. */
    @Test
    void childrenOfSeveralParentsAreReadAtTheSameTime() throws Exception {
        CyclicBarrier three = new CyclicBarrier(3);
        server.on("/items", call -> ok("[{\"id\": 1}, {\"id\": 2}, {\"id\": 3}]"));
        for (int id = 1; id <= 3; id++) {
            server.on("/items/" + id + "/notes", call -> {
                try {
                    three.await(60, TimeUnit.SECONDS);
                } catch (Exception e) {
                    return new Answer(400, e.toString());
                }
                return ok("[{\"note\": \"x\"}]");
            });
        }
        try (ApiApp app = new ApiApp(directory, server.url(), Map.of(), NOTES)) {
            RunRecord run = app.run();
            assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
            assertThat(app.sql("SELECT item FROM PUBLIC.NOTES ORDER BY item")).containsExactly("1", "2", "3");
        }
    }

    @Test
    void withoutParentsThereAreNoRows() throws Exception {
        server.on("/items", call -> ok("[]"));
        RunRecord run = run(Map.of(), NOTES);
        assertThat(run.state()).as(run.error()).isEqualTo(RunState.COMPLETED);
        assertThat(run.rows()).isZero();
        assertThat(server.calls).hasSize(1);
    }

    @Test
    void aFailureNamesTheParent() throws Exception {
        server.on("/items", call -> ok("[{\"id\": 1}, {\"id\": 2}]"));
        server.on("/items/1/notes", call -> ok("[]"));
        RunRecord run = run(Map.of(), NOTES);
        assertThat(run.state()).isEqualTo(RunState.FAILED);
        assertThat(run.error()).contains("Page 1 of api:shop/items/2/notes: HTTP status 404: Not Found");
    }
}
