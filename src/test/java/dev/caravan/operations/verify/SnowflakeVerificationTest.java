package dev.caravan.operations.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.snowflake.fake.FakeAccount;
import dev.caravan.warehouse.WarehouseComponent;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checklist with the real driver, against the fake of Snowflake. */
@Tag("slow")
class SnowflakeVerificationTest {

    private static final String TOKEN = "canary-of-the-token";
    private static final String PIPE = "SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE";

    @TempDir
    private Path home;

    private final FakeAccount snowflake = new FakeAccount();
    private DefaultCamelContext camel;

    @BeforeEach
    void loadOnce() throws Exception {
        // what an administrator and the loads say
        snowflake.allow("");
        snowflake.user("ANNA", TOKEN, "ACCOUNTADMIN");
        snowflake.user("SVC_DLT", TOKEN, "SVC_DLT", "PUBLIC");
        snowflake.run(
                "CREATE WAREHOUSE LOADING",
                "CREATE ROLE SVC_DLT",
                "GRANT USAGE ON WAREHOUSE LOADING TO ROLE SVC_DLT",
                "CREATE USER SVC_DLT TYPE = SERVICE DEFAULT_ROLE = SVC_DLT",
                "GRANT ROLE SVC_DLT TO USER SVC_DLT");
        administer(
                "CREATE DATABASE DLT",
                "CREATE SCHEMA DLT.OPEN_EXCHANGE_RATES",
                "CREATE SCHEMA DLT.APPLICATION_DATA",
                "CREATE SCHEMA DLT.HUBSPOT",
                "CREATE DATABASE SNOWPIPE",
                "CREATE SCHEMA SNOWPIPE.OPEN_EXCHANGE_RATES",
                "CREATE TABLE SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES (DATE DATE, _LOADED_AT TIMESTAMP_NTZ)",
                "INSERT INTO SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES SELECT '2026-11-20', CURRENT_TIMESTAMP()",
                "INSERT INTO SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES SELECT '2026-11-21', CURRENT_TIMESTAMP()");
        snowflake.run(
                "CREATE STORAGE INTEGRATION CARAVAN_S3 TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3'"
                        + " STORAGE_ALLOWED_LOCATIONS = ('s3://acme-rates/')",
                "CREATE STAGE SNOWPIPE.OPEN_EXCHANGE_RATES.FILES STORAGE_INTEGRATION = CARAVAN_S3",
                "CREATE PIPE " + PIPE + " AUTO_INGEST = TRUE AS COPY INTO SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES"
                        + " FROM (SELECT $1 FROM @SNOWPIPE.OPEN_EXCHANGE_RATES.FILES)",
                "GRANT USAGE ON DATABASE DLT TO ROLE SVC_DLT",
                "GRANT USAGE ON DATABASE SNOWPIPE TO ROLE SVC_DLT",
                "GRANT USAGE ON SCHEMA SNOWPIPE.OPEN_EXCHANGE_RATES TO ROLE SVC_DLT",
                "GRANT USAGE ON SCHEMA DLT.HUBSPOT TO ROLE SVC_DLT",
                "GRANT MONITOR ON PIPE " + PIPE + " TO ROLE SVC_DLT");
        for (String schema : List.of("DLT.OPEN_EXCHANGE_RATES", "DLT.APPLICATION_DATA")) {
            snowflake.run("GRANT USAGE, CREATE TABLE, CREATE STAGE ON SCHEMA " + schema + " TO ROLE SVC_DLT");
        }
        start();
        for (String pipeline : List.of("products-daily", "currencies-weekly", "exchange-rates-daily")) {
            assertThat(pipelines().pipelines().run(pipeline, Map.of()).error()).isNull();
        }
    }

    private void start() throws Exception {
        camel = new DefaultCamelContext();
        PipelineComponent pipeline = new PipelineComponent();
        pipeline.setLedgerUrl("jdbc:sqlite:" + home.resolve("ledger.db"));
        camel.addComponent("pipeline", pipeline);
        WarehouseComponent warehouse = new WarehouseComponent();
        warehouse.setEngine("snowflake");
        warehouse.setDirectory(home.resolve("warehouse").toString());
        camel.getRegistry().bind("snowflake", account("SVC_DLT", "SVC_DLT"));
        camel.addComponent("warehouse", warehouse);
        camel.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("pipeline:products-daily?cron=0 0 1 1 *")
                        .routeId("products-daily")
                        .setBody(constant("[{\"audit_id\":1,\"valid_ts\":\"2026-01-31T10:00:00\"}]"))
                        .to("warehouse:DLT.APPLICATION_DATA.PRODUCTS?mode=replace&type.valid_ts=TIMESTAMP");
                from("pipeline:currencies-weekly?cron=0 0 1 1 *")
                        .routeId("currencies-weekly")
                        .setBody(constant("[{\"code\":\"EUR\"},{\"code\":\"USD\"}]"))
                        .to("warehouse:DLT.OPEN_EXCHANGE_RATES.CURRENCIES?mode=replace");
                from("pipeline:exchange-rates-daily?cron=0 0 1 1 *")
                        .routeId("exchange-rates-daily")
                        .log("Snowpipe loads what this writes");
            }
        });
        camel.start();
        Map.of(
                        "s3.bucket",
                        "acme-rates",
                        ExpectedTable.PROPERTY,
                        "DLT.OPEN_EXCHANGE_RATES.CURRENCIES by currencies-weekly,"
                                + " SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES(date) by exchange-rates-daily,"
                                + " DLT.APPLICATION_DATA.PRODUCTS(valid_ts) by products-daily")
                .forEach(camel.getPropertiesComponent()::addInitialProperty);
    }

    private Snowflake account(String user, String role) {
        Snowflake account = new Snowflake();
        account.setHost(snowflake.url());
        account.setUsername(user);
        account.setRole(role);
        account.setWarehouse("LOADING");
        account.setAuthenticator("access-token");
        account.setToken(TOKEN);
        return account;
    }

    private void administer(String... statements) throws SQLException {
        try (Snowflake account = account("ANNA", "ACCOUNTADMIN");
                Connection connection = account.connect("setup");
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private PipelineComponent pipelines() {
        return camel.getComponent("pipeline", PipelineComponent.class);
    }

    @AfterEach
    void stop() {
        camel.stop();
        snowflake.close();
    }

    private List<Finding> findings() {
        return Verification.checks(camel).stream().map(Check::finding).toList();
    }

    private Finding finding(String check) {
        return findings().stream()
                .filter(finding -> finding.check().equals(check))
                .findFirst()
                .orElseThrow();
    }

    private List<String> failed() {
        return findings().stream().filter(Finding::failed).map(Finding::check).toList();
    }

    @Test
    void aSoundInstallationPassesLineByLine() {
        List<Finding> findings = findings();
        assertThat(findings)
                .as("%s", findings)
                .extracting(finding -> finding.check() + ": " + finding.result())
                .containsExactly(
                        "database DLT: pass",
                        "database SNOWPIPE: pass",
                        "schema DLT.OPEN_EXCHANGE_RATES: pass",
                        "schema SNOWPIPE.OPEN_EXCHANGE_RATES: pass",
                        "schema DLT.APPLICATION_DATA: pass",
                        "schema DLT.HUBSPOT: pass",
                        "role SVC_DLT: pass",
                        "user SVC_DLT: pass",
                        "default role of SVC_DLT: pass",
                        "pipe " + PIPE + ": pass",
                        "rows of DLT.OPEN_EXCHANGE_RATES.CURRENCIES: pass",
                        "rows of SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES: pass",
                        "rows of DLT.APPLICATION_DATA.PRODUCTS: pass",
                        "freshness of DLT.OPEN_EXCHANGE_RATES.CURRENCIES: pass",
                        "freshness of SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES: pass",
                        "freshness of DLT.APPLICATION_DATA.PRODUCTS: pass",
                        "cursors: not_applicable",
                        "service: not_applicable",
                        "route files: pass",
                        "schedule of currencies-weekly: pass",
                        "schedule of exchange-rates-daily: pass",
                        "schedule of products-daily: pass",
                        "last run of currencies-weekly: pass",
                        "last run of exchange-rates-daily: pass",
                        "last run of products-daily: pass");
        assertThat(finding("rows of SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES")
                        .found())
                .isEqualTo("2 rows, date from 2026-11-20 to 2026-11-21");
        assertThat(finding("pipe " + PIPE).found()).isEqualTo("running, 0 files pending");
    }

    @Test
    void anObjectThatIsGoneOrNotGranted() {
        snowflake.drop("SCHEMA", "DLT.HUBSPOT");
        assertThat(failed()).containsExactly("schema DLT.HUBSPOT");
        assertThat(finding("schema DLT.HUBSPOT").fix()).contains("caravan infra apply", "grant the role USAGE");
        snowflake.revoke("USAGE", "DATABASE", "SNOWPIPE", "SVC_DLT");
        assertThat(failed()).contains("database SNOWPIPE", "schema SNOWPIPE.OPEN_EXCHANGE_RATES");
    }

    @Test
    void aTableThatIsGone() throws Exception {
        administer("DROP TABLE DLT.APPLICATION_DATA.PRODUCTS");
        assertThat(failed()).containsExactly("rows of DLT.APPLICATION_DATA.PRODUCTS");
        assertThat(finding("rows of DLT.APPLICATION_DATA.PRODUCTS").found()).contains("PRODUCTS");
    }

    @Test
    void aUserThatIsDisabledOrHasAnotherDefaultRole() {
        snowflake.set("USER", "SVC_DLT", "DEFAULT_ROLE", "PUBLIC");
        assertThat(failed()).containsExactly("default role of SVC_DLT");
        assertThat(finding("default role of SVC_DLT"))
                .returns("PUBLIC, not SVC_DLT", Finding::found)
                .returns("caravan infra apply, or: ALTER USER SVC_DLT SET DEFAULT_ROLE = SVC_DLT", Finding::fix);
        snowflake.set("USER", "SVC_DLT", "DISABLED", "true");
        assertThat(finding("user SVC_DLT").fix()).isEqualTo("ALTER USER SVC_DLT SET DISABLED = FALSE");
    }

    @Test
    void aUserThatIsGone() {
        snowflake.drop("USER", "SVC_DLT");
        assertThat(failed()).containsExactly("user SVC_DLT", "default role of SVC_DLT");
    }

    @Test
    void aRoleThatTheSessionDoesNotWorkIn() {
        camel.getPropertiesComponent().addInitialProperty("infra.role", "LOADER");
        assertThat(finding("role LOADER"))
                .returns(Finding.Result.FAIL, Finding::result)
                .returns("does not exist, or is not visible to this session, whose role is SVC_DLT", Finding::found);
        snowflake.run("CREATE ROLE LOADER");
        assertThat(finding("role LOADER").found()).isEqualTo("exists; the role of this session is SVC_DLT");
    }

    @Test
    void aPipeThatIsPausedOrGone() {
        snowflake.set("PIPE", PIPE, "executionState", "PAUSED");
        assertThat(failed()).containsExactly("pipe " + PIPE);
        assertThat(finding("pipe " + PIPE))
                .returns("its state is PAUSED", Finding::found)
                .returns("caravan doctor reports the cause and its fix", Finding::fix);
        snowflake.drop("PIPE", PIPE);
        assertThat(finding("pipe " + PIPE).result()).isEqualTo(Finding.Result.FAIL);
    }

    @Test
    void filesThatSnowpipeHasNotLoaded() throws Exception {
        administer("UPDATE SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES SET _LOADED_AT = '2020-01-01 00:00:00'");
        // the run of this test has written nothing, which is fresh enough
        assertThat(failed()).isEmpty();
        try (Connection ledger = java.sql.DriverManager.getConnection("jdbc:sqlite:" + home.resolve("ledger.db"));
                Statement statement = ledger.createStatement()) {
            statement.execute("UPDATE runs SET bytes = 3000");
        }
        assertThat(failed()).containsExactly("freshness of SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES");
        assertThat(finding("freshness of SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES")
                        .found())
                .startsWith("last loaded 2020-01-01T00:00:00Z");
    }

    @Test
    void aTableThatMayNotBeReadIsNotOneThatWasNeverLoaded() {
        snowflake.refuse("MAX\\(\"_LOADED_AT\"\\)", 3001, "Insufficient privileges to operate on table.");
        assertThat(failed()).containsExactly("freshness of SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES");
        assertThat(finding("freshness of SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES")
                        .found())
                .startsWith("cannot read when it was last loaded: ")
                .contains("Insufficient privileges");
    }

    @Test
    void aKeyOrABucketThatOnlyTheSetUpNeeds() {
        camel.getPropertiesComponent().addInitialProperty("s3.bucket", "");
        camel.getPropertiesComponent().addInitialProperty("infra.private-key", "no key");
        assertThat(failed()).isEmpty();
    }

    @Test
    void anAccountThatLetsNobodyIn() {
        // sessions that are open already go on
        WarehouseComponent warehouse = camel.getComponent("warehouse", WarehouseComponent.class);
        warehouse.stop();
        warehouse.start();
        snowflake.refuseLogin(390100, "Incorrect username or password was specified.");
        assertThat(failed()).contains("database DLT", "role SVC_DLT", "pipe " + PIPE);
        assertThat(findings().toString()).doesNotContain(TOKEN);
    }

    @Test
    void nothingIsChanged() {
        int before = snowflake.statements().size();
        findings();
        assertThat(snowflake.statements().stream().skip(before))
                .allMatch(sql -> sql.matches("(?s)(SELECT|SHOW|DESC|ALTER SESSION SET QUERY_TAG).*"));
    }
}
