package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.caravan.Installation.Background;
import dev.caravan.Installation.Result;
import dev.caravan.exchangerates.S3Server;
import dev.caravan.local.ExchangeRateServer;
import dev.caravan.secrets.SecretsManagerServer;
import dev.caravan.secrets.SecretsManagerServer.Trouble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The profile prod, with the secrets in a server that speaks Secrets Manager's protocol. */
class ProductionIT {

    private static final String CANARY = "canary-of-";
    private static final Map<String, String> EVERYTHING = Map.ofEntries(
            Map.entry("SNOWFLAKE_HOST", "myorg-account1.snowflakecomputing.com"),
            Map.entry("SNOWFLAKE_USERNAME", "SVC_DLT"),
            Map.entry("SNOWFLAKE_ROLE", "SVC_DLT"),
            Map.entry("SNOWFLAKE_WAREHOUSE", "LOADING"),
            Map.entry("SNOWFLAKE_DATABASE", "DLT"),
            Map.entry("SNOWFLAKE_PRIVATE_KEY", CANARY + "the-private-key"),
            Map.entry("POSTGRES_URL", "jdbc:postgresql://127.0.0.1:1/shop"),
            Map.entry("POSTGRES_USERNAME", "caravan"),
            Map.entry("POSTGRES_PASSWORD", CANARY + "the-password"),
            Map.entry("EXCHANGE_RATES_API_KEY", CANARY + "the-api-key"),
            Map.entry("HUBSPOT_TOKEN", CANARY + "the-service-key"));

    private final SecretsManagerServer secrets = SecretsManagerServer.start();
    private Installation caravan;

    @BeforeEach
    void install(@TempDir Path home) throws IOException {
        secrets.put(
                        "dlt/snowflake-credentials",
                        "{\"host\":\"myorg-account1.snowflakecomputing.com\",\"username\":\"SVC_DLT\",\"role\":\"SVC_DLT\","
                                + "\"warehouse\":\"LOADING\",\"database\":\"DLT\",\"private_key\":\"" + CANARY
                                + "the-private-key\"}")
                .put(
                        "dlt/clever-cloud-postgres",
                        "{\"host\":\"127.0.0.1\",\"port\":1,\"database\":\"shop\",\"username\":\"caravan\",\"password\":\""
                                + CANARY + "the-password\"}")
                .put("dlt/open-exchange-rates", "{\"api_key\":\"" + ExchangeRateServer.KEY + "\"}");
        caravan = Installation.in(home)
                .withEnvironment(Map.of("CARAVAN_PROFILE", "prod", "AWS_EC2_METADATA_DISABLED", "true"));
    }

    @AfterEach
    void stop() {
        secrets.close();
    }

    @Test
    void readsEachSecretThatItNeedsOnce() {
        Result result = caravan.withEnvironment(secrets.environment()).run("run", "no-such");
        assertThat(result.err()).contains("Unknown pipeline no-such");
        assertThat(secrets.calls())
                .containsExactlyInAnyOrder(
                        "GetSecretValue dlt/snowflake-credentials",
                        "GetSecretValue dlt/clever-cloud-postgres",
                        "GetSecretValue dlt/hubspot-api-key");
    }

    @Test
    void doesNotAskAwsForWhatTheEnvironmentGives() {
        Result result = caravan.withEnvironment(EVERYTHING).run("run", "no-such");
        assertThat(result.err()).contains("Unknown pipeline no-such");

        Map<String, String> some = new HashMap<>(secrets.environment());
        EVERYTHING.forEach((key, value) -> {
            if (key.startsWith("SNOWFLAKE_") || key.startsWith("HUBSPOT_")) {
                some.put(key, value);
            }
        });
        // a key that is not encrypted has none, and the field of the secret is one that may be left out
        some.put("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", "");
        assertThat(caravan.withEnvironment(some).run("run", "no-such").err()).contains("Unknown pipeline no-such");
        assertThat(secrets.calls()).containsExactly("GetSecretValue dlt/clever-cloud-postgres");
    }

    @Test
    void saysInASentenceWhyASecretCannotBeRead() {
        secrets.trouble("dlt/snowflake-credentials", Trouble.ACCESS_DENIED);
        refused(secrets.environment(), 2, "AWS secret dlt/snowflake-credentials", "secretsmanager:GetSecretValue");
        secrets.trouble("dlt/snowflake-credentials", null).put("dlt/snowflake-credentials", "{\"host\":\"x.y\"}");
        refused(secrets.environment(), 2, "AWS secret dlt/snowflake-credentials has no field", "it has host.");
        refused(Map.of("AWS_REGION", "eu-central-1"), 2, "no AWS credentials were found", "AWS_PROFILE");
        refused(Map.of(), 2, "no AWS region is set", "aws.region");
        Map<String, String> offline = new HashMap<>(secrets.environment());
        offline.put("AWS_ENDPOINT", "http://127.0.0.1:1");
        refused(offline, 1, "AWS secret dlt/", "AWS does not respond");
        Map<String, String> elsewhere = new HashMap<>(secrets.environment());
        elsewhere.put("AWS_REGION", "us-east-1");
        refused(elsewhere, 2, "the secret does not exist in this account and region", "aws.region");
    }

    private void refused(Map<String, String> environment, int exit, String... mistake) {
        long start = System.nanoTime();
        Result result = caravan.withEnvironment(environment).run("run", "no-such");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(60));
        assertThat(result.exit()).as(result.err()).isEqualTo(exit);
        assertThat(result.err()).contains(mistake).startsWith("caravan: ").doesNotContain("\tat ", CANARY);
        assertThat(result.err().strip().lines()).as(result.err()).hasSize(1);
        assertThat(result.out()).isEmpty();
    }

    @Test
    void looksAndPausesWhileAwsIsDown() throws Exception {
        Map<String, String> offline = Map.of("AWS_REGION", "eu-central-1", "AWS_ENDPOINT", "http://127.0.0.1:1");
        Installation down = caravan.withEnvironment(offline);
        for (String[] command : List.of(
                new String[] {"pause", "products-daily"},
                new String[] {"ls"},
                new String[] {"inspect", "products-daily"},
                new String[] {"resume", "products-daily"},
                new String[] {"runs", "ls"})) {
            Result result = down.run(command);
            assertThat(result.exit()).as(result.err()).isZero();
        }
    }

    @Test
    void asksForTheLedgersOwnSecretAlone() throws Exception {
        secrets.put("ledger", "{\"username\":\"caravan\"}");
        Path settings = caravan.home().resolve("application-prod.properties");
        Files.writeString(
                settings,
                Files.readString(settings)
                        + "ledger.secret = ledger\nledger.username = {{aws:{{ledger.secret}}#username}}\n");
        for (String[] command : List.of(new String[] {"ls"}, new String[] {"runs", "ls"})) {
            Result result = caravan.withEnvironment(secrets.environment()).run(command);
            assertThat(result.exit()).as(result.err()).isZero();
        }
        assertThat(secrets.calls()).containsOnly("GetSecretValue ledger");
    }

    @Test
    void theDemoRunsBesideAService() throws Exception {
        Installation prod = caravan.withEnvironment(EVERYTHING);
        try (Background serve = prod.start("serve", "serve")) {
            await().atMost(Duration.ofMinutes(1)).until(() -> serve.said("Serving "));
            Result demo = caravan.run("demo");
            assertThat(demo.exit()).as(demo.err()).isZero();
            assertThat(serve.process().isAlive()).isTrue();
        }
        try (Background serve = caravan.start("serve-demo", "serve", "--profile", "demo")) {
            await().atMost(Duration.ofMinutes(1)).until(() -> serve.said("Serving "));
            Result refused = caravan.run("demo");
            assertThat(refused.exit()).as(refused.err()).isEqualTo(2);
            assertThat(refused.err()).contains("data/demo is in use by another process");
        }
    }

    /** The whole way to the bucket, with all that is not named as indiscreet logging all it can. */
    @Test
    void writesTheRatesAndLogsNoSecret() throws Exception {
        Path log = SecrecyIT.log4j(caravan.home());
        try (S3Server s3 = new S3Server(SecretsManagerServer.ACCESS_KEY, SecretsManagerServer.SECRET_KEY);
                ExchangeRateServer rates = ExchangeRateServer.start()) {
            s3.bucket("rates");
            Map<String, String> environment = new HashMap<>(secrets.environment());
            environment.put("S3_BUCKET", "rates");
            environment.put("S3_ENDPOINT", s3.url());
            environment.put("S3_PATH_STYLE", "true");
            environment.put("EXCHANGE_RATES_URL", rates.url());
            environment.put("SNOWPIPE_TIMEOUT", "0");
            Result result = caravan.withEnvironment(environment)
                    .withJava("-Dlog4j2.configurationFile=" + log)
                    .run("run", "exchange-rates-daily");
            assertThat(result.exit()).as(result.err()).isZero();
            assertThat(s3.keys("rates")).containsExactly("exchange-rates/2026-09-29.json");
            assertThat(result.err()).contains("TRACE", "DEBUG");
            String said = result.out() + result.err();
            assertThat(said.lines().filter(line -> line.contains(CANARY))).isEmpty();
        }
        assertThat(secrets.calls())
                .containsExactlyInAnyOrder(
                        "GetSecretValue dlt/snowflake-credentials",
                        "GetSecretValue dlt/clever-cloud-postgres",
                        "GetSecretValue dlt/open-exchange-rates",
                        "GetSecretValue dlt/hubspot-api-key");
    }
}
