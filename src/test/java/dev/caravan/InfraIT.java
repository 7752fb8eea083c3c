package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.Installation.Background;
import dev.caravan.Installation.Result;
import dev.caravan.local.ExchangeRateServer;
import dev.caravan.local.HubSpotServer;
import dev.caravan.operations.infra.Accounts;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands infra and doctor, from empty accounts on, as an administrator and then as the service user. */
class InfraIT {

    private static final String TABLE = "SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES";

    private final Accounts accounts = new Accounts();
    private final Map<String, String> administrator = new HashMap<>();
    private Installation caravan;

    @BeforeEach
    void install(@TempDir Path home) throws IOException {
        caravan = Installation.in(home);
        administrator.putAll(accounts.secrets.environment());
        administrator.putAll(Map.of(
                "CARAVAN_PROFILE", "prod",
                "SNOWFLAKE_HOST", accounts.snowflake.url(),
                "SNOWFLAKE_USERNAME", "ANNA",
                "SNOWFLAKE_ROLE", "ACCOUNTADMIN",
                "SNOWFLAKE_AUTHENTICATOR", "access-token",
                "SNOWFLAKE_TOKEN", Accounts.TOKEN,
                "S3_BUCKET", "acme-rates",
                "S3_ENDPOINT", accounts.s3.url(),
                "S3_PATH_STYLE", "true"));
        administrator.put("INFRA_STORAGE_ROLE", "arn:aws:iam::123456789012:role/caravan-snowpipe");
        administrator.put(
                "INFRA_PRIVATE_KEY",
                Accounts.pem("PRIVATE", Accounts.SERVICE.getPrivate().getEncoded()));
    }

    @AfterEach
    void close() {
        accounts.close();
    }

    private Result run(String... command) {
        Result result = caravan.withEnvironment(administrator).run(command);
        assertThat(result.out() + result.err()).doesNotContain("canary", "PRIVATE KEY", "\tat ");
        return result;
    }

    @Test
    void fromEmptyAccountsToRows() throws Exception {
        Result plan = run("infra", "plan");
        assertThat(plan.exit()).as(plan.err()).isZero();
        assertThat(plan.out())
                .contains("resource", "warehouse LOADING", "missing", "CREATE WAREHOUSE IF NOT EXISTS LOADING");
        assertThat(plan.err()).contains("0 of ");

        Result sql = run("infra", "plan", "--sql");
        assertThat(sql.exit()).isZero();
        assertThat(sql.out().lines()).allMatch(line -> line.matches("(CREATE|GRANT) .*;"));

        Result apply = run("infra", "apply");
        assertThat(apply.exit()).as(apply.out()).isZero();
        assertThat(apply.err()).contains("CREATE DATABASE IF NOT EXISTS DLT", "All resources are up to date");

        Result again = run("infra", "apply", "--output", "json");
        assertThat(again.exit()).isZero();
        assertThat(again.json()).allMatch(line -> line.path("state").asText().equals("ok"));
        assertThat(again.json().get(0).fieldNames())
                .toIterable()
                .containsExactly("resource", "state", "remark", "changes");
        assertThat(run("infra", "plan", "--sql").out()).isEmpty();

        accounts.snowflake
                .set("WAREHOUSE", "LOADING", "AUTO_SUSPEND", "600")
                .revoke("CREATE STAGE", "SCHEMA", "DLT.HUBSPOT", "SVC_DLT");
        Result changed = run("infra", "plan");
        assertThat(changed.out())
                .contains("ALTER WAREHOUSE LOADING SET AUTO_SUSPEND = 60; auto_suspend is 600, expected 60");
        assertThat(changed.err()).contains("45 of 47 resources are up to date");
        assertThat(run("infra", "apply").exit()).isZero();

        JsonNode policies = run("infra", "plan", "--iam").json();
        assertThat(policies.at("/storage_role_trust_policy/Statement/0/Condition/StringEquals/sts:ExternalId")
                        .asText())
                .isEqualTo("ACME_SFCRole=2_abc=");

        serve();
        load();
    }

    /** The first question of an administrator who has nothing yet, and wants to see what would be run. */
    @Test
    void statementsAndPoliciesAreThereBeforeAnyLogin() {
        administrator.keySet().removeIf(key -> key.startsWith("SNOWFLAKE_") || key.equals("INFRA_PRIVATE_KEY"));

        Result sql = run("infra", "plan", "--sql");
        assertThat(sql.exit()).as(sql.err()).isZero();
        assertThat(sql.out().lines()).hasSizeGreaterThan(40).allMatch(line -> line.matches("(CREATE|GRANT) .*;"));
        assertThat(sql.err()).contains("Not connected to Snowflake", "user SVC_DLT: it will have no key");

        Result iam = run("infra", "plan", "--iam");
        assertThat(iam.exit()).as(iam.err()).isZero();
        assertThat(iam.json().has("caravan_role_trust_policy")).isTrue();

        Result plan = run("infra", "plan");
        assertThat(plan.exit()).isEqualTo(2);
        assertThat(plan.err()).contains("SNOWFLAKE_HOST", "infra plan --sql and --iam need none");
        assertThat(accounts.snowflake.statements()).isEmpty();
    }

    /** Without the administrator's variables: the doctor as the service user, with what is in the secrets. */
    private void serve() {
        accounts.snowflake.user("SVC_DLT", Accounts.SERVICE.getPublic(), "SVC_DLT");
        accounts.secrets.put(
                "dlt/snowflake-credentials",
                "{\"host\":\"" + accounts.snowflake.url()
                        + "\",\"username\":\"SVC_DLT\",\"role\":\"SVC_DLT\",\"warehouse\":\"LOADING\",\"database\":\"DLT\","
                        + "\"private_key\":\""
                        + Accounts.pem("PRIVATE", Accounts.SERVICE.getPrivate().getEncoded())
                                .replaceAll("\\R", "\\\\n")
                        + "\"}");
        administrator.keySet().removeIf(key -> key.startsWith("SNOWFLAKE_") || key.startsWith("INFRA_"));

        Result doctor = run("doctor");
        assertThat(doctor.exit()).isEqualTo(1);
        assertThat(doctor.out()).contains("secret unreadable", "dlt/open-exchange-rates", "has no value yet");

        accounts.secrets.put("dlt/open-exchange-rates", "{\"api_key\":\"" + ExchangeRateServer.KEY + "\"}");
        accounts.secrets.put(
                "dlt/clever-cloud-postgres",
                "{\"host\":\"127.0.0.1\",\"port\":1,\"database\":\"shop\",\"username\":\"x\",\"password\":\"canary\"}");
        accounts.secrets.put("dlt/hubspot-api-key", "{\"api_key\":\"" + HubSpotServer.TOKEN + "\"}");
        try (ExchangeRateServer rates = ExchangeRateServer.start();
                HubSpotServer hubSpot = HubSpotServer.start()) {
            administrator.put("EXCHANGE_RATES_URL", rates.url());
            administrator.put("HUBSPOT_URL", hubSpot.url());
            doctor = run("doctor", "--output", "json");
        }
        assertThat(doctor.exit()).isEqualTo(1);
        assertThat(doctor.json().path("cause").asText()).isEqualTo("postgres unreachable");
        assertThat(doctor.json().path("checks").findValuesAsText("result"))
                .as(doctor.out())
                .containsOnlyOnce("fail");
    }

    /** The shipped routes as the service user, with what it has been granted: from the sources to the tables. */
    private void load() throws Exception {
        try (Source shop = Source.in(caravan.home().resolve("shop"));
                ExchangeRateServer rates = ExchangeRateServer.start();
                HubSpotServer contacts = HubSpotServer.start()) {
            administrator.putAll(Map.of(
                    "HUBSPOT_URL",
                    contacts.url(),
                    "POSTGRES_URL",
                    shop.url(),
                    "POSTGRES_USERNAME",
                    "caravan_reader",
                    "POSTGRES_PASSWORD",
                    shop.password("caravan_reader"),
                    "EXCHANGE_RATES_URL",
                    rates.url()));
            accounts.snowflake.allow("^SELECT COUNT");
            assertThat(rowsOf(run("run", "currencies-weekly", "--output", "json")))
                    .isEqualTo(161);
            assertThat(rowsOf(run("run", "products-daily", "--output", "json"))).isEqualTo(1000);

            shop.execute("INSERT INTO raw_data.products (product_id, product_name, price_usd, operation, valid_ts)"
                    + " SELECT product_id, product_name, price_usd + 1, 'UPDATE', valid_ts FROM raw_data.products"
                    + " ORDER BY audit_id DESC LIMIT 1");
            assertThat(rowsOf(run("run", "products-daily", "--output", "json"))).isEqualTo(1);

            Result count = run("sql", "SELECT COUNT(*) AS N FROM DLT.APPLICATION_DATA.PRODUCTS", "--output", "json");
            assertThat(count.json().at("/0/N").asInt()).as(count.err()).isEqualTo(1001);

            assertThat(rowsOf(run("run", "hubspot-daily", "--output", "json"))).isEqualTo(343);

            arrive();
            verify();
        }
    }

    /** A run completes when Snowpipe has loaded its file. */
    private void arrive() throws Exception {
        administrator.put("SNOWPIPE_INTERVAL", "200");
        try (Background run = caravan.withEnvironment(administrator)
                .start("rates", "run", "exchange-rates-daily", "--output", "json")) {
            await().atMost(Duration.ofSeconds(60)).until(() -> accounts.snowflake.statements().stream()
                    .anyMatch(sql -> sql.equals("SELECT SYSTEM$PIPE_STATUS('" + TABLE + "_PIPE')")));
            assertThat(accounts.s3.objects()).containsExactly("acme-rates/exchange-rates/2026-09-29.json");
            assertThat(run.process().isAlive()).isTrue();
            accounts.snowflake.file("exchange-rates/2026-09-29.json", "Loaded", null, null);
            assertThat(rowsOf(run.await())).isEqualTo(1);
        }
        // what is there already is not this run's
        assertThat(rowsOf(run("run", "exchange-rates-daily", "--output", "json")))
                .isZero();
    }

    /** What has arrived is verified, the month is estimated by what runs have taken, and nothing is wrong. */
    private void verify() throws Exception {
        try (Snowflake account = new Snowflake()) {
            account.setHost(accounts.snowflake.url());
            account.setUsername("ANNA");
            account.setRole("ACCOUNTADMIN");
            account.setWarehouse("LOADING");
            account.setAuthenticator("access-token");
            account.setToken(Accounts.TOKEN);
            accounts.snowflake.allow("^INSERT INTO SNOWPIPE");
            try (Connection connection = account.connect("snowpipe");
                    Statement statement = connection.createStatement()) {
                statement.execute("INSERT INTO " + TABLE + " SELECT '2026-09-29', CURRENT_TIMESTAMP(), 'USD',"
                        + " PARSE_JSON('{}'), CURRENT_TIMESTAMP(), 'f', CURRENT_TIMESTAMP()");
            }
        }
        Result verify = run("verify");
        assertThat(verify.exit()).as(verify.out()).isZero();
        assertThat(verify.out())
                .contains("rows of " + TABLE, "1 rows, date from 2026-09-29 to 2026-09-29", "pipe " + TABLE + "_PIPE");

        Result cost = run("cost");
        assertThat(cost.exit()).as(cost.err()).isZero();
        assertThat(cost.out()).contains("31 runs of exchange-rates-daily").doesNotContain("assumed for Snowpipe");

        Result doctor = run("doctor");
        assertThat(doctor.exit()).as(doctor.out()).isZero();
        assertThat(doctor.out()).contains("no problems found", "files of the last 7 days", "runs of products-daily");

        administrator.put("LEDGER_URL", "jdbc:postgresql://127.0.0.1:1/ledger");
        doctor = run("doctor", "--output", "json");
        assertThat(doctor.exit()).isEqualTo(1);
        assertThat(doctor.json().path("cause").asText()).as(doctor.out()).isEqualTo("ledger unreachable");
        assertThat(doctor.json().path("checks").findValuesAsText("check"))
                .contains("data source postgres", "Open Exchange Rates");
    }

    private static long rowsOf(Result run) {
        assertThat(run.exit()).as(run.err()).isZero();
        return run.json().path("rows").asLong(-1);
    }

    @Test
    void theLocalProfileHasADoctorAndNeedsNoInfrastructure() throws IOException {
        administrator.clear();

        Result doctor = run("doctor");
        assertThat(doctor.exit()).as(doctor.out()).isZero();
        assertThat(doctor.out()).contains("no problems found", "data source postgres", "Open Exchange Rates");

        assertThat(run("pause", "products-daily").exit()).isZero();
        doctor = run("doctor", "--output", "json");
        assertThat(doctor.exit()).isEqualTo(1);
        assertThat(doctor.json().path("cause").asText()).isEqualTo("pipeline paused");
        assertThat(doctor.json().path("fix").asText()).isEqualTo("caravan resume products-daily");

        caravan.route("broken", "- route:\n    from:\n      uri: pipeline:broken\n      stepz: []\n");
        doctor = run("doctor", "--output", "json");
        assertThat(doctor.json().path("cause").asText()).as(doctor.out()).isEqualTo("setting wrong");
        assertThat(doctor.json().path("found").asText()).contains("routes/broken.yaml, line 4", "stepz");
        assertThat(doctor.json().path("checks").findValuesAsText("check")).contains("data source postgres");

        Result infra = run("infra", "plan");
        assertThat(infra.exit()).isEqualTo(2);
        assertThat(infra.err()).contains("--profile prod");
    }

    @Test
    void whatIsLeftToDoIsAFailure() {
        accounts.snowflake.roleAssumed(false);

        Result apply = run("infra", "apply");

        assertThat(apply.exit()).as(apply.err()).isEqualTo(1);
        assertThat(apply.out()).contains("failed", "infra plan --iam");
        assertThat(apply.err()).contains("resources are left to do");

        administrator.put("SNOWFLAKE_TOKEN", "wrong");
        Result plan = run("infra", "plan");
        assertThat(plan.exit()).as(plan.err()).isEqualTo(1);
        assertThat(plan.err()).contains("as ANNA cannot connect", "caravan doctor");
    }
}
