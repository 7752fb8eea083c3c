package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.Installation.Result;
import dev.caravan.local.ExchangeRateServer;
import dev.caravan.local.HubSpotServer;
import dev.caravan.operations.infra.Accounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * No command prints or keeps a secret, whether it succeeds or fails, with all that is not named as indiscreet logging all it
 * can.
 */
class SecrecyIT {

    private final Accounts accounts = new Accounts();
    private final Map<String, String> environment = new HashMap<>();
    private Path home;
    private Installation caravan;

    @BeforeEach
    void install(@TempDir Path directory) throws IOException {
        home = directory;
        Path log = log4j(home);
        caravan = Installation.in(home).withJava("-Dlog4j2.configurationFile=" + log);
        accounts.apply();
        accounts.snowflake
                .user("SVC_DLT", Accounts.SERVICE.getPublic(), "SVC_DLT")
                .allow("^SELECT COUNT")
                .file("exchange-rates/2026-09-29.json", "Loaded", null, null);
        environment.putAll(accounts.secrets.environment());
        environment.putAll(Map.of(
                "CARAVAN_PROFILE", "prod",
                "S3_BUCKET", "acme-rates",
                "S3_ENDPOINT", accounts.s3.url(),
                "S3_PATH_STYLE", "true",
                "INFRA_STORAGE_ROLE", "arn:aws:iam::123456789012:role/caravan-snowpipe"));
    }

    /** The shipped file with everything at TRACE but what it says itself would print secrets. */
    static Path log4j(Path home) throws IOException {
        String shipped = Files.readString(Path.of("src/main/resources/log4j2.properties"));
        int indiscreet = shipped.indexOf("# Would print secrets");
        assertThat(indiscreet).isPositive();
        return Files.writeString(
                home.resolve("log4j2.properties"),
                shipped.substring(0, indiscreet).replaceAll("level = (?!off)\\w+", "level = trace")
                        + shipped.substring(indiscreet));
    }

    @AfterEach
    void stop() {
        accounts.close();
    }

    private void secrets(String privateKey, String password, String apiKey) {
        accounts.secrets
                .put(
                        "dlt/snowflake-credentials",
                        "{\"host\":\"" + accounts.snowflake.url()
                                + "\",\"username\":\"SVC_DLT\",\"role\":\"SVC_DLT\",\"warehouse\":\"LOADING\","
                                + "\"database\":\"DLT\",\"private_key\":\"" + privateKey.replaceAll("\\R", "\\\\n")
                                + "\"}")
                .put(
                        "dlt/clever-cloud-postgres",
                        "{\"host\":\"127.0.0.1\",\"port\":1,\"database\":\"shop\",\"username\":\"caravan_reader\","
                                + "\"password\":\"" + password + "\"}")
                .put("dlt/open-exchange-rates", "{\"api_key\":\"" + apiKey + "\"}");
    }

    /** Runs a command with further variables; nothing that it leaves may hold one of the secrets. */
    private Result run(int exit, List<String> secrets, Map<String, String> more, String... command) throws IOException {
        Map<String, String> all = new HashMap<>(environment);
        all.putAll(more);
        Result result = caravan.withEnvironment(all).run(command);
        String said = result.out() + result.err();
        assertThat(result.exit()).as(() -> lastLines(said)).isEqualTo(exit);
        assertThat(result.err()).as("logs all it can").contains("TRACE");
        for (String secret : secrets) {
            assertThat(said.lines().filter(line -> line.contains(secret)))
                    .as(String.join(" ", command))
                    .isEmpty();
        }
        return result;
    }

    private static String lastLines(String text) {
        List<String> lines = text.lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    }

    private void ledgerHoldsNone(List<String> secrets) throws IOException {
        try (Stream<Path> files = Files.walk(home.resolve("data/profiles"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
                assertThat(secrets).as(file.toString()).noneMatch(bytes::contains);
            }
        }
    }

    /** A line of a key in PEM. */
    private static String lineOf(String pem) {
        return pem.lines().skip(5).findFirst().orElseThrow();
    }

    @Test
    void commandsThatSucceed() throws Exception {
        String key = Accounts.pem("PRIVATE", Accounts.SERVICE.getPrivate().getEncoded());
        try (Source shop = Source.in(home.resolve("shop"));
                ExchangeRateServer rates = ExchangeRateServer.start();
                HubSpotServer contacts = HubSpotServer.start()) {
            String password = shop.password("caravan_reader");
            secrets(key, password, ExchangeRateServer.KEY);
            accounts.secrets.put("dlt/hubspot-api-key", "{\"api_key\":\"canary-of-a-service-key\"}");
            contacts.token("canary-of-a-service-key");
            environment.put("POSTGRES_URL", shop.url());
            environment.put("EXCHANGE_RATES_URL", rates.url());
            environment.put("HUBSPOT_URL", contacts.url());
            List<String> secrets = List.of(
                    lineOf(key),
                    password,
                    "Token " + ExchangeRateServer.KEY,
                    Accounts.TOKEN,
                    "canary-of-another-key",
                    "canary-of-a-service-key");
            Map<String, String> none = Map.of();

            run(0, secrets, none, "run", "products-daily");
            run(0, secrets, Map.of("CARAVAN_LOG_FORMAT", "json"), "run", "products-daily");
            run(0, secrets, none, "run", "exchange-rates-daily");
            run(0, secrets, none, "run", "hubspot-daily");
            String id = caravan.lastRun().id();
            run(0, secrets, none, "runs", "logs", id);
            run(0, secrets, none, "sql", "SELECT COUNT(*) AS N FROM DLT.APPLICATION_DATA.PRODUCTS");
            run(0, secrets, none, "cost");
            run(0, secrets, none, "doctor");
            // the table of Snowpipe is empty
            run(1, secrets, none, "verify");
            run(
                    0,
                    secrets,
                    Map.of(
                            "SNOWFLAKE_USERNAME", "ANNA",
                            "SNOWFLAKE_ROLE", "ACCOUNTADMIN",
                            "SNOWFLAKE_AUTHENTICATOR", "access-token",
                            "SNOWFLAKE_TOKEN", Accounts.TOKEN,
                            "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", "canary-of-another-key"),
                    "infra",
                    "plan");
            ledgerHoldsNone(secrets);
        }
    }

    @Test
    void commandsThatFail() throws Exception {
        String key = Accounts.pem("PRIVATE", Accounts.keyPair().getPrivate().getEncoded());
        secrets(key, "canary-of-the-password", "canary-of-the-api-key");
        List<String> secrets = List.of(lineOf(key), "canary");
        try (ExchangeRateServer rates = ExchangeRateServer.start()) {
            environment.put("EXCHANGE_RATES_URL", rates.url());
            run(1, secrets, Map.of(), "run", "currencies-weekly");
            run(
                    1,
                    secrets,
                    Map.of("POSTGRES_URL", "jdbc:postgres://host/shop?password=canary"),
                    "run",
                    "products-daily");
            run(0, secrets, Map.of(), "runs", "logs", caravan.lastRun().id());
            run(
                    1,
                    secrets,
                    Map.of(
                            "POSTGRES_URL", "jdbc:postgres://host/shop?password=canary",
                            "CARAVAN_LOG_FORMAT", "json",
                            "OPENLINEAGE_URL", "http://127.0.0.1:1",
                            "OPENLINEAGE_API_KEY", "canary-of-lineage",
                            "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1",
                            "OTEL_EXPORTER_OTLP_HEADERS", "x-key=canary-of-traces"),
                    "run",
                    "products-daily");
            run(1, secrets, Map.of(), "sql", "SELECT COUNT(*) FROM DLT.APPLICATION_DATA.PRODUCTS");
            run(1, secrets, Map.of(), "doctor");
            run(1, secrets, Map.of(), "verify");
            run(
                    1,
                    secrets,
                    Map.of("SNOWFLAKE_AUTHENTICATOR", "access-token", "SNOWFLAKE_TOKEN", "canary-of-a-token"),
                    "infra",
                    "plan");
            run(
                    1,
                    secrets,
                    Map.of(
                            "LEDGER_URL",
                            "jdbc:postgresql://127.0.0.1:1/ledger",
                            "LEDGER_PASSWORD",
                            "canary-of-the-ledger"),
                    "cost");
            ledgerHoldsNone(secrets);
        }
    }
}
