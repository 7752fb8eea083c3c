package dev.caravan.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caravan.console.TestConsole.Answer;
import dev.caravan.run.UsageException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the console refuses. */
class ConsoleSecurityTest {

    private static final String TOKEN = "operator-0123456789abcdef";
    private static final String READER = "reader-0123456789abcdef";

    @TempDir
    private Path directory;

    private TestConsole console;

    @BeforeEach
    void create() {
        console = new TestConsole(directory);
    }

    @AfterEach
    void stop() {
        console.close();
    }

    private void start() throws Exception {
        console.start(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:one?cron=0 6 * * *").routeId("one").log("one");
            }
        });
    }

    private void startWithToken() throws Exception {
        console.with("console.token", "file:" + Files.writeString(directory.resolve("token"), TOKEN + "\n"))
                .with("console.reader-token", READER);
        start();
    }

    private boolean isPaused() {
        return console.pipelines().get("one").paused();
    }

    private Answer logIn(String token) throws IOException {
        return console.send(
                "POST", "/login", List.of("Origin: " + console.address()), "token=" + token + "&to=%2Fruns");
    }

    @Test
    void anAddressForOtherMachinesNeedsAToken() {
        console.with("console.host", "0.0.0.0");
        assertThatThrownBy(this::start).isInstanceOf(UsageException.class).hasMessageContaining("console.token");
    }

    @Test
    void aNameForOtherMachinesNeedsAToken() {
        console.with("console.url", "https://caravan.example");
        assertThatThrownBy(this::start).isInstanceOf(UsageException.class).hasMessageContaining("console.token");
    }

    @Test
    void aShortTokenIsRefused() {
        console.with("console.token", "secret");
        assertThatThrownBy(this::start)
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("at least 16")
                .hasMessageNotContaining("secret:");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/pipelines",
                "/pipelines/one",
                "/runs",
                "/api/",
                "/api/pipelines",
                "/api/runs/x/log/stream",
                "/observe/metrics",
                "/login/",
                "/login/../pipelines",
                "/login/%2e%2e/pipelines",
                "/login%2f..%2fpipelines",
                "//pipelines",
                "/./pipelines",
                "/pipelines;/login",
                "/pipelines?/login",
                "/pipelines%00/login",
                "/assets/../pipelines",
                "/assets/console.css/../../pipelines",
                "/assets/%2e%2e/pipelines",
                "/observe/health/live/../../../pipelines",
                "/observe/health/..%2f..%2fpipelines",
                "/pipelines/",
                "/PIPELINES",
                "/api/pipelines.css",
                "/api/pipelines/console.css",
                "/api//pipelines",
                "http://127.0.0.1/pipelines",
                "/nothing"
            })
    void withoutALogInNothingIsShown(String path) throws Exception {
        startWithToken();
        Answer answer = console.get(path);
        assertThat(answer.status()).isIn(303, 400, 401, 404);
        assertThat(answer.headers().getOrDefault("location", "/login")).startsWith("/login");
        assertThat(answer.body()).doesNotContain("one");
    }

    @Test
    void webSocketsAndUnknownMethodsAreRefused() throws Exception {
        startWithToken();
        Answer socket = console.get(
                "/api/runs/x/log/stream",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
        assertThat(socket.status()).isEqualTo(401);
        for (String method : List.of("PUT", "DELETE", "OPTIONS", "TRACE", "PATCH")) {
            assertThat(console.send(method, "/pipelines", List.of(), null).status())
                    .as(method)
                    .isEqualTo(405);
        }
    }

    @Test
    void theTokenLogsInAndTheCookieIsOnlyForThisSite() throws Exception {
        startWithToken();
        Answer answer = logIn(TOKEN);
        assertThat(answer.status()).isEqualTo(303);
        assertThat(answer.headers()).containsEntry("location", "/runs");
        assertThat(answer.headers().get("set-cookie")).contains("HTTPOnly", "SameSite=Strict", "Path=/");
        assertThat(console.get("/pipelines", "Cookie: " + answer.cookie()).status())
                .isEqualTo(200);
        assertThat(console.get("/pipelines", "Authorization: Bearer " + TOKEN).status())
                .isEqualTo(200);
        assertThat(console.get("/pipelines", "Cookie: " + answer.cookie() + "x").status())
                .isEqualTo(303);
        assertThat(console.get("/pipelines", "Cookie: " + answer.cookie().replace("OPERATOR", "READER"))
                        .status())
                .isEqualTo(303);
        assertThat(console.get("/pipelines", "Authorization: Bearer " + TOKEN + "x")
                        .status())
                .isEqualTo(303);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example/",
                "//evil.example",
                "/\\evil.example",
                "javascript:alert(1)",
                "/a%0d%0aX: y"
            })
    void aLogInLeadsToNoOtherSite(String to) throws Exception {
        startWithToken();
        Answer answer = console.send("POST", "/login", List.of(), "token=" + TOKEN + "&to=" + Words.path(to));
        assertThat(answer.headers().get("location"))
                .matches("/|/a%0d%0aX:%20y|/a.*")
                .doesNotContain("evil");
        assertThat(answer.headers()).doesNotContainKey("x");
    }

    @Test
    void aReaderChangesNothing() throws Exception {
        startWithToken();
        String cookie = logIn(READER).cookie();
        Answer page = console.get("/pipelines/one", "Cookie: " + cookie);
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.html().select("form[action*=pause], form[action*=run]")).isEmpty();
        String token = page.html().selectFirst("input[name=form_token]").val();
        assertThat(console.send("POST", "/pipelines/one/pause", List.of("Cookie: " + cookie), "form_token=" + token)
                        .status())
                .isEqualTo(403);
        assertThat(console.send(
                                "POST",
                                "/api/pipelines/one/pause",
                                List.of("Authorization: Bearer " + READER, "Content-Type: application/json"),
                                "{}")
                        .status())
                .isEqualTo(403);
        assertThat(console.send("POST", "/sql", List.of("Cookie: " + cookie), "form_token=" + token + "&sql=SELECT+1")
                        .status())
                .isEqualTo(403);
        assertThat(isPaused()).isFalse();
    }

    @Test
    void guessingIsSlowedDown() throws Exception {
        startWithToken();
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < FailedLogins.MOST + 1; i++) {
            statuses.add(logIn("guess-0123456789-" + i).status());
        }
        assertThat(statuses).startsWith(401, 401).endsWith(429);
        assertThat(console.get("/api/runs", "Authorization: Bearer guess-0123456789-a")
                        .status())
                .isEqualTo(429);
        // all come from the same address if a proxy is in front
        assertThat(logIn(TOKEN).status()).isEqualTo(303);
        assertThat(console.get("/api/runs", "Authorization: Bearer " + TOKEN).status())
                .isEqualTo(200);
        assertThat(logIn("guess-0123456789-b").status()).isEqualTo(429);
    }

    @Test
    void formsOfOtherSitesAreRefused() throws Exception {
        start();
        Answer page = console.get("/pipelines/one");
        String form = "form_token="
                + page.html().selectFirst("input[name=form_token]").val();
        String cookie = "Cookie: " + page.cookie();
        List<List<String>> foreign = List.of(
                List.of(cookie, "Origin: https://evil.example"),
                List.of(cookie, "Origin: null"),
                List.of(cookie, "Sec-Fetch-Site: cross-site"),
                List.of(cookie, "Sec-Fetch-Site: same-site"),
                List.of(cookie, "Host: evil.example", "Origin: http://evil.example"));
        for (List<String> headers : foreign) {
            assertThat(console.send("POST", "/pipelines/one/pause", headers, form)
                            .status())
                    .as(headers.toString())
                    .isIn(403, 421);
        }
        // without the token, with that of another session, by GET
        assertThat(console.send("POST", "/pipelines/one/pause", List.of(cookie), "")
                        .status())
                .isEqualTo(403);
        assertThat(console.send("POST", "/pipelines/one/pause", List.of(), form).status())
                .isEqualTo(403);
        assertThat(console.send("POST", "/api/pipelines/one/pause", List.of("Content-Type: text/plain"), "{}")
                        .status())
                .isEqualTo(403);
        assertThat(console.get("/pipelines/one/pause", cookie).status()).isEqualTo(404);
        assertThat(isPaused()).isFalse();
        assertThat(console.send("POST", "/pipelines/one/pause", List.of(cookie), form)
                        .status())
                .isEqualTo(303);
        assertThat(isPaused()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"evil.example", "127.0.0.1.evil.example:8282", "localhost.evil.example", "[::2]", "2130706433"})
    void namesOfOtherHostsAreRefused(String host) throws Exception {
        start();
        assertThat(console.get("/pipelines", "Host: " + host).status()).isIn(400, 421);
    }

    @Test
    void theConfiguredNameIsAllowed() throws Exception {
        console.with("console.url", "https://caravan.example");
        TestConsole direct = console;
        startWithToken();
        assertThat(direct.address()).hasToString("https://caravan.example");
    }

    /** A proxy may pass its own name on, or put the server's in its place. */
    @Test
    void theConfiguredAddressIsNoOtherSite() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        console.with("console.port", String.valueOf(port)).with("console.url", "http://localhost:" + port);
        startWithToken();
        List<String> other = List.of("Host: 127.0.0.1:" + port, "Origin: http://localhost:" + port);
        String form = "token=" + TOKEN + "&to=%2Fruns";
        assertThat(console.send("POST", "/login", other, form).status()).isEqualTo(303);
        List<String> foreign = List.of("Host: 127.0.0.1:" + port, "Origin: http://evil.example:" + port);
        assertThat(console.send("POST", "/login", foreign, form).status()).isEqualTo(403);
    }

    @Test
    void aReaderWhoseTokenIsChangedIsLoggedOut() throws Exception {
        startWithToken();
        String session = logIn(READER).cookie();
        assertThat(console.get("/runs", "Cookie: " + session).status()).isEqualTo(200);
        console.close();
        console = new TestConsole(directory)
                .with("console.token", TOKEN)
                .with("console.reader-token", "another-0123456789abcdef");
        start();
        assertThat(console.get("/runs", "Cookie: " + session).status()).isEqualTo(303);
    }

    @Test
    void aReaderLogsOut() throws Exception {
        startWithToken();
        String session = logIn(READER).cookie();
        Answer page = console.get("/runs", "Cookie: " + session);
        assertThat(console.send(
                                "POST",
                                "/logout",
                                List.of("Cookie: " + session),
                                "form_token="
                                        + page.html()
                                                .selectFirst("input[name=form_token]")
                                                .val())
                        .status())
                .isEqualTo(303);
    }

    @Test
    void largeRequestsAreRefused() throws Exception {
        start();
        Answer page = console.get("/pipelines/one");
        assertThat(console.send(
                                "POST",
                                "/pipelines/one/run",
                                List.of("Cookie: " + page.cookie()),
                                "form_token=x&p.a=" + "x".repeat(100_000))
                        .status())
                .isEqualTo(413);
        assertThat(console.get("/" + "x".repeat(10_000)).status()).isEqualTo(414);
        assertThat(console.get("/", "X-Long: " + "x".repeat(20_000)).status()).isIn(400, 431);
    }

    @Test
    void eachAnswerHasAStrictPolicy() throws Exception {
        startWithToken();
        for (String path : List.of("/login", "/pipelines", "/assets/console.css", "/nothing", "/observe/health/live")) {
            assertThat(console.get(path).headers())
                    .as(path)
                    .containsEntry("x-content-type-options", "nosniff")
                    .hasEntrySatisfying("content-security-policy", policy -> assertThat(policy)
                            .startsWith("default-src 'none'")
                            .contains("frame-ancestors 'none'", "script-src 'self'")
                            .doesNotContain("unsafe"));
        }
    }

    @Test
    void healthNeedsNoLogIn() throws Exception {
        startWithToken();
        for (String path : List.of("/observe/health", "/observe/health/live", "/observe/health/ready")) {
            assertThat(console.get(path).status()).as(path).isEqualTo(200);
        }
    }
}
