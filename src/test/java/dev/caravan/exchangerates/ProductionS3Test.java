package dev.caravan.exchangerates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import dev.caravan.local.ExchangeRateServer;
import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Reader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.camel.Exchange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Objects, written with the settings of application-prod.properties. */
class ProductionS3Test {

    private static final List<String> CREDENTIALS = List.of("aws.accessKeyId", "aws.secretAccessKey");

    private static ExchangeRateServer rates;

    @BeforeAll
    static void start() {
        rates = ExchangeRateServer.start();
    }

    @AfterAll
    static void stop() {
        rates.close();
    }

    @BeforeEach
    void credentials() {
        CREDENTIALS.forEach(key -> System.setProperty(key, "test"));
    }

    @AfterEach
    void noCredentials() {
        CREDENTIALS.forEach(System::clearProperty);
        System.clearProperty("aws.disableEc2Metadata");
    }

    @Test
    void writesAnObjectOnce() throws Exception {
        try (S3Server s3 = new S3Server();
                App app = app(Map.of(
                        "s3.bucket",
                        "rates",
                        "s3.endpoint",
                        s3.bucket("rates").get("camel.component.aws2-s3.uri-endpoint-override"),
                        "s3.path-style",
                        "true"))) {
            assertThat(app.putLatest().getException()).isNull();
            long bytes = app.bytes.get();
            assertThat(bytes).isPositive();
            Exchange second = app.putLatest();
            assertThat(second.getException()).isNull();
            assertThat(second.getVariable("files")).isEqualTo(List.of("exchange-rates/2026-09-29.json"));
            // what was there is not its own
            assertThat(second.getVariable("filesWritten")).isEqualTo(List.of());
            assertThat(app.bytes).hasValue(bytes);
            assertThat(s3.keys("rates")).containsExactly("exchange-rates/2026-09-29.json");
        }
    }

    @Test
    void asksForTheEncryptionThatIsSet() throws Exception {
        try (Answers s3 = new Answers(200, "")) {
            try (App app = app(s3.settings(Map.of()))) {
                assertThat(app.putLatest().getException()).isNull();
            }
            try (App app = app(s3.settings(Map.of("s3.kms", "true", "s3.kms-key", "alias/rates")))) {
                assertThat(app.putLatest().getException()).isNull();
            }
            assertThat(s3.puts).hasSize(2);
            for (Headers put : s3.puts) {
                assertThat(put.getFirst("Content-Type")).isEqualTo("application/json");
                assertThat(put.getFirst("If-None-Match")).isEqualTo("*");
                assertThat(put.getFirst("Authorization")).contains("/eu-central-1/s3/aws4_request");
            }
            assertThat(s3.puts.get(0)).doesNotContainKey("X-amz-server-side-encryption");
            assertThat(s3.puts.get(1).getFirst("X-amz-server-side-encryption")).isEqualTo("aws:kms");
            assertThat(s3.puts.get(1).getFirst("X-amz-server-side-encryption-aws-kms-key-id"))
                    .isEqualTo("alias/rates");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "403 | AccessDenied | the credentials lack the IAM action s3:PutObject",
                "403 | InvalidAccessKeyId | AWS rejected the credentials (InvalidAccessKeyId)",
                "403 | RequestTimeTooSkewed | the clock of this machine",
                "400 | ExpiredToken | AWS rejected the credentials (ExpiredToken)",
                "400 | AuthorizationHeaderMalformed | the bucket is in another region",
                "301 | PermanentRedirect | the bucket is in another region",
                "404 | NoSuchBucket | the bucket does not exist. Check s3.bucket.",
                "400 | KMS.DisabledException | the key cannot be used. Check s3.kms-key",
                "400 | InvalidArgument | AWS rejected the request (InvalidArgument)",
            })
    void saysWhatIsWrong(int status, String code, String mistake) throws Exception {
        try (Answers s3 = new Answers(status, code);
                App app = app(s3.settings(Map.of()))) {
            Exception failure = app.putLatest().getException();
            assertThat(failure)
                    .isInstanceOf(PermanentException.class)
                    .hasMessageStartingWith("Cannot put exchange-rates/2026-09-29.json into the bucket")
                    .hasMessageContaining(mistake);
            assertThat(failure.getMessage()).doesNotContain("Request ID", "\n");
        }
    }

    @Test
    void namesTheActionThatIsMissing() throws Exception {
        String kms =
                "User: arn:aws:iam::123456789012:user/c is not authorized to perform: kms:GenerateDataKey on resource:"
                        + " arn:aws:kms:eu-central-1:123456789012:key/ab because no policy allows it";
        try (Answers s3 = new Answers(403, "AccessDenied", kms, 200);
                App app = app(s3.settings(Map.of()))) {
            assertThat(app.putLatest().getException())
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("lack the IAM action kms:GenerateDataKey on the key that encrypts it");
        }
    }

    /** Camel asks whether there is a bucket, which takes more than the right to put objects below a prefix. */
    @Test
    void needNotBeAllowedToLookAtTheBucket() throws Exception {
        try (Answers s3 = new Answers(200, "", "", 403);
                App app = app(s3.settings(Map.of()))) {
            assertThat(app.putLatest().getException()).isNull();
            assertThat(s3.puts).hasSize(1);
        }
    }

    @Test
    void saysThatNoBucketIsSetBeforeItAsks() throws Exception {
        try (App app = app(Map.of("s3.bucket", " "))) {
            assertThat(app.putLatest().getException())
                    .isInstanceOf(UsageException.class)
                    .hasMessageStartingWith("s3.bucket is not set");
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({"500,InternalError", "503,SlowDown", "409,ConditionalRequestConflict", "400,RequestTimeout"})
    void triesAgainWhatMayPass(int status, String code) throws Exception {
        try (Answers s3 = new Answers(status, code);
                App app = app(s3.settings(Map.of()))) {
            assertThat(app.putLatest().getException())
                    .isInstanceOf(TransientException.class)
                    .hasMessageContaining("AWS returned " + code);
        }
    }

    @Test
    void saysThatNobodyAnswers() throws Exception {
        Map<String, String> settings;
        try (Answers s3 = new Answers(200, "")) {
            settings = s3.settings(Map.of());
        }
        try (App app = app(settings)) {
            assertThat(app.putLatest().getException())
                    .isInstanceOf(TransientException.class)
                    .hasMessageContaining("AWS does not respond");
        }
    }

    /** Each byte comes in time, the answer never: the SDK's own timeout is for silence. */
    @Tag("slow")
    @Test
    void anAnswerThatNeverEndsIsBrokenOff() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            if (!exchange.getRequestMethod().equals("PUT")) {
                exchange.sendResponseHeaders(200, -1);
                exchange.close();
                return;
            }
            exchange.sendResponseHeaders(500, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                for (int i = 0; i < 600; i++) {
                    body.write(' ');
                    body.flush();
                    Thread.sleep(100);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
        try (App app = app(Map.of(
                "s3.bucket",
                "rates",
                "s3.endpoint",
                "http://127.0.0.1:" + server.getAddress().getPort(),
                "s3.path-style",
                "true",
                "s3.timeout",
                "2s"))) {
            long begun = System.nanoTime();
            assertThat(app.putLatest().getException())
                    .isInstanceOf(TransientException.class)
                    .hasMessageContaining("AWS does not respond");
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(30));
        } finally {
            server.stop(0);
            ((ExecutorService) server.getExecutor()).shutdownNow();
        }
    }

    @Test
    void aTimeoutThatIsNoTimeIsRefused() {
        assertThatThrownBy(() -> app(Map.of("s3.timeout", "soon")))
                .hasStackTraceContaining("s3.timeout must be a duration such as 10m, not 'soon'");
    }

    @Test
    void saysThatCredentialsAreMissing() throws Exception {
        noCredentials();
        System.setProperty("aws.disableEc2Metadata", "true");
        try (Answers s3 = new Answers(200, "");
                App app = app(s3.settings(Map.of()))) {
            assertThat(app.putLatest().getException())
                    .isInstanceOf(PermanentException.class)
                    .hasMessageContaining("no AWS credentials were found. Set AWS_ACCESS_KEY_ID")
                    .hasMessageContaining("s3:PutObject");
        }
    }

    /** The routes with what production says about S3; settings win, as environment variables do. */
    private static App app(Map<String, String> settings) throws IOException {
        Properties file = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of("application-prod.properties"))) {
            file.load(reader);
        }
        Map<String, String> properties = new HashMap<>();
        file.stringPropertyNames().stream()
                .filter(key -> key.startsWith("s3.") || key.startsWith("camel.component.aws2-s3."))
                .forEach(key -> properties.put(key, file.getProperty(key)));
        properties.put("aws.region", "eu-central-1");
        properties.put("camel.component.aws2-s3.access-key", "none");
        properties.put("camel.component.aws2-s3.secret-key", "none");
        properties.putAll(settings);
        return new App(rates, properties);
    }

    /** A server that answers each object with the same status, and lets the question for the bucket pass. */
    private static final class Answers implements AutoCloseable {

        final List<Headers> puts = new ArrayList<>();
        private final HttpServer server;

        Answers(int status, String code) throws IOException {
            this(status, code, "No.", 200);
        }

        /** The last is what the question for the bucket is answered with. */
        Answers(int status, String code, String message, int bucket) throws IOException {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                exchange.getRequestBody().readAllBytes();
                if (!exchange.getRequestMethod().equals("PUT")) {
                    exchange.sendResponseHeaders(bucket, -1);
                } else {
                    puts.add(exchange.getRequestHeaders());
                    byte[] body = code.isEmpty()
                            ? new byte[0]
                            : ("<Error><Code>" + code + "</Code><Message>" + message + "</Message></Error>")
                                    .getBytes(StandardCharsets.UTF_8);
                    exchange.getResponseHeaders().set("Content-Type", "application/xml");
                    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
                    exchange.getResponseBody().write(body);
                }
                exchange.close();
            });
            server.start();
        }

        Map<String, String> settings(Map<String, String> more) {
            Map<String, String> settings = new HashMap<>(more);
            settings.put("s3.bucket", "rates");
            settings.put(
                    "s3.endpoint", "http://127.0.0.1:" + server.getAddress().getPort());
            settings.put("s3.path-style", "true");
            return settings;
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
