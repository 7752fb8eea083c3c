package dev.caravan.operations.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.EndlessServer;
import dev.caravan.local.ExchangeRateServer;
import dev.caravan.operations.Finding;
import dev.caravan.operations.RouteUses;
import dev.caravan.operations.infra.Accounts;
import dev.caravan.operations.infra.BucketServer;
import dev.caravan.secrets.SecretsManagerServer;
import dev.caravan.secrets.SecretsManagerServer.Trouble;
import dev.caravan.snowflake.fake.FakeAccount;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each cause is made to happen in accounts that are otherwise sound, and found. */
@Tag("slow")
class DoctorTest {

    private static final String PIPE = "SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE";
    private static final String TABLE = "SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES";

    private static EmbeddedPostgres postgres;

    private final Accounts accounts = new Accounts();
    private final FakeAccount snowflake = accounts.snowflake;
    private final Map<String, String> properties = accounts.properties;
    private final ExchangeRateServer rates = ExchangeRateServer.start();

    @BeforeAll
    static void startPostgres() throws IOException {
        postgres = EmbeddedPostgres.start();
    }

    @AfterAll
    static void stopPostgres() throws IOException {
        postgres.close();
    }

    private static String postgres(String database) {
        return "jdbc:postgresql://127.0.0.1:" + postgres.getPort() + "/" + database;
    }

    @BeforeEach
    void setUp() {
        accounts.apply();
        snowflake.user("SVC_DLT", Accounts.SERVICE.getPublic(), "SVC_DLT");
        properties.putAll(Map.of(
                "camel.component.warehouse.engine", "snowflake",
                "snowflake.username", "SVC_DLT",
                "snowflake.role", "SVC_DLT",
                "snowflake.warehouse", "LOADING",
                "snowflake.database", "DLT",
                "snowflake.authenticator", "key-pair",
                "snowflake.private-key",
                        Accounts.pem("PRIVATE", Accounts.SERVICE.getPrivate().getEncoded()),
                "exchange-rates.url", rates.url(),
                "exchange-rates.api-key", ExchangeRateServer.KEY,
                "postgres.url", postgres("postgres")));
        properties.put("postgres.username", "postgres");
        source("postgres", "postgres");
    }

    /** A data source as the shipped settings describe one. */
    private void source(String bean, String settings) {
        properties.put("camel.beans." + bean, "#class:com.zaxxer.hikari.HikariDataSource");
        properties.put("camel.beans." + bean + ".jdbcUrl", "{{" + settings + ".url}}");
        properties.put("camel.beans." + bean + ".username", "{{" + settings + ".username:}}");
        properties.put("camel.beans." + bean + ".password", "{{" + settings + ".password:}}");
    }

    @AfterEach
    void tearDown() {
        rates.close();
        accounts.close();
    }

    private List<Finding> examine() {
        return Doctor.outside(accounts.settings(), RouteUses.everything());
    }

    /** The cause that is found: the only finding that failed. */
    private Finding cause() {
        List<Finding> failed = examine().stream().filter(Finding::failed).toList();
        assertThat(failed).hasSize(1);
        return failed.get(0);
    }

    private void cause(String name, String found, String fix) {
        Finding cause = cause();
        assertThat(cause.check()).isEqualTo(name);
        assertThat(cause.found()).contains(found);
        if (fix != null) {
            assertThat(cause.fix()).contains(fix);
        }
    }

    @Test
    void soundAccountsHaveNoCause() {
        assertThat(examine())
                .extracting(finding -> finding.check() + ": " + finding.result())
                .containsExactly(
                        "settings of Snowflake: pass",
                        "host and clock of Snowflake: pass",
                        "login to Snowflake: pass",
                        "key of the user: pass",
                        "role and warehouse: pass",
                        "bucket: pass",
                        "target table: pass",
                        "pipe: pass",
                        "notification of the bucket: pass",
                        "files of the last 7 days: pass",
                        "settings of data source postgres: pass",
                        "data source postgres: pass",
                        "settings of Open Exchange Rates: pass",
                        "Open Exchange Rates: pass");
    }

    @Test
    void oneCauseDoesNotHideTheOthers() {
        snowflake.disabled("SVC_DLT", true);
        properties.put("postgres.url", postgres("nowhere"));
        properties.put("exchange-rates.api-key", "canary");

        assertThat(examine())
                .extracting(finding -> finding.check() + ": " + finding.result())
                .containsExactly(
                        "settings of Snowflake: pass",
                        "host and clock of Snowflake: pass",
                        "user disabled: fail",
                        "key of the user: not_checked",
                        "role and warehouse: not_checked",
                        "bucket: pass",
                        "target table: not_checked",
                        "pipe: not_checked",
                        "notification of the bucket: not_checked",
                        "files of the last 7 days: not_checked",
                        "settings of data source postgres: pass",
                        "postgres database: fail",
                        "settings of Open Exchange Rates: pass",
                        "exchange rates key: fail");
        assertThat(examine().get(4).found()).isEqualTo("depends on a failed check: login to Snowflake");
    }

    @Test
    void aSecretOfOneThingDoesNotHideTheOthers() {
        properties.put("exchange-rates.api-key", "{{aws:dlt/missing#api_key}}");
        properties.put("snowflake.private-key-passphrase", "{{aws:dlt/missing#passphrase}}");

        assertThat(examine())
                .filteredOn(finding -> !finding.passed())
                .extracting(finding -> finding.check() + ": " + finding.result())
                .containsSubsequence(
                        "secret unreadable: fail",
                        "host and clock of Snowflake: not_checked",
                        "secret unreadable: fail",
                        "Open Exchange Rates: not_checked");
        assertThat(examine()).anyMatch(finding -> finding.check().equals("data source postgres") && finding.passed());
    }

    @Test
    void eachSourceThatRoutesUseIsLookedAt() throws Exception {
        source("store", "store");
        properties.put("store.url", postgres("nowhere"));
        properties.put("store.username", "postgres");
        source("files", "files");
        properties.put("files.url", "jdbc:sqlite:/nowhere/canary.db");
        source("old", "old");
        properties.put("old.url", "jdbc:postgresql://127.0.0.1:1/gone");
        properties.put("camel.beans.typed", "#class:org.postgresql.ds.PGSimpleDataSource");
        properties.put("camel.beans.typed.serverNames", "db.example.com");

        List<Finding> findings;
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:a")
                            .toD("jdbc:store?useHeadersAsParameters=true")
                            .to("sql:SELECT 1?dataSource=#files");
                    from("direct:b").split(body()).enrich("jdbc:typed").to("jdbc:postgres");
                }
            });
            findings = Doctor.outside(accounts.settings(), RouteUses.of(camel));
        }

        assertThat(findings)
                .filteredOn(finding -> (!finding.check().startsWith("settings of")
                                && finding.found().contains("jdbc:"))
                        || finding.check().startsWith("data source")
                        || finding.check().startsWith("source"))
                .extracting(finding -> finding.check() + ": " + finding.result())
                .containsExactly(
                        "source failed: fail",
                        "data source old: not_applicable",
                        "data source postgres: pass",
                        "postgres database: fail",
                        "data source typed: not_checked");
    }

    /** Nobody has to set up what no route uses. */
    @Test
    void aProjectOfItsOwnNeedsNoSettingsOfOthers() throws Exception {
        properties.keySet().removeIf(key -> key.contains("postgres") || key.startsWith("exchange-rates"));
        properties.remove("s3.bucket");

        List<Finding> findings;
        try (DefaultCamelContext camel = new DefaultCamelContext()) {
            camel.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:a").to("mock:rows");
                }
            });
            findings = Doctor.outside(accounts.settings(), RouteUses.of(camel));
        }

        assertThat(findings).noneMatch(Finding::failed);
        assertThat(findings)
                .filteredOn(finding -> finding.result() == Finding.Result.NOT_APPLICABLE)
                .extracting(Finding::check)
                .containsExactly("bucket and pipe", "Open Exchange Rates");
    }

    @Test
    void everyCauseIsDescribedInTheOrderInWhichItIsLookedFor() throws IOException {
        assertThat(Files.readString(Path.of("docs/doctor.md")).lines())
                .filteredOn(line -> line.startsWith("| `"))
                .extracting(line -> line.replaceFirst("^\\| `([^`]+)`.*", "$1"))
                .containsExactlyElementsOf(
                        Stream.of(Cause.values()).map(Cause::toString).toList());
    }

    // secrets

    @Test
    void aSecretThatIsNotThere() {
        properties.put("exchange-rates.api-key", "{{aws:dlt/nothing#api_key}}");
        cause("secret unreadable", "dlt/nothing", "EXCHANGE_RATES_API_KEY");
    }

    @Test
    void aSecretWithoutTheField() {
        accounts.secrets.put("dlt/open-exchange-rates", "{\"key\":\"canary-of-the-api-key\"}");
        properties.put("exchange-rates.api-key", "{{aws:dlt/open-exchange-rates#api_key}}");
        cause("secret unreadable", "has no field api_key", null);
        assertThat(cause().toString()).doesNotContain("canary");
    }

    @Test
    void anIamActionForASecret() {
        accounts.secrets.put("dlt/snowflake-credentials", "{\"host\":\"x\"}");
        accounts.secrets.trouble("dlt/snowflake-credentials", Trouble.ACCESS_DENIED);
        properties.put("snowflake.host", "{{aws:dlt/snowflake-credentials#host}}");
        cause("iam action missing", "secretsmanager:GetSecretValue", "SNOWFLAKE_HOST");
    }

    @Test
    void credentialsOfAws() {
        System.setProperty("aws.accessKeyId", "AKIAOTHER");
        properties.put("snowflake.host", "{{aws:dlt/snowflake-credentials#host}}");
        cause("aws credentials", "rejected the credentials", null);
        System.setProperty("aws.accessKeyId", SecretsManagerServer.ACCESS_KEY);
    }

    @Test
    void anIamActionForTheKeyOfASecret() {
        accounts.secrets.put("dlt/open-exchange-rates", "{\"api_key\":\"x\"}");
        properties.put("exchange-rates.api-key", "{{aws:dlt/open-exchange-rates#api_key}}");
        for (Trouble trouble : List.of(Trouble.KMS_DENIED, Trouble.DECRYPTION_FAILURE)) {
            accounts.secrets.trouble("dlt/open-exchange-rates", trouble);
            cause("iam action missing", "kms:Decrypt", "EXCHANGE_RATES_API_KEY");
        }
    }

    // host and clock

    @Test
    void aHostThatDoesNotExist() {
        properties.put("snowflake.host", "no-such-account.invalid");
        cause("host wrong", "no-such-account.invalid", "snowflakecomputing.com");
    }

    @Test
    void aHostThatIsNoAccount() throws Exception {
        try (HttpAnswers other = new HttpAnswers("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")) {
            properties.put("snowflake.host", other.url());
            cause("host wrong", "not a Snowflake account", "snowflakecomputing.com");
        }
    }

    @Test
    void aHostThatIsSilent() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        properties.put("snowflake.host", "http://127.0.0.1:" + port);
        cause("snowflake unreachable", "does not respond", "firewall");
    }

    @Test
    void aClockThatIsOff() throws Exception {
        try (HttpAnswers other = new HttpAnswers(
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nDate:" + " Mon, 05 Jan 2026 10:00:00 GMT\r\n\r\n")) {
            properties.put("snowflake.host", other.url());
            cause("clock skew", "s ahead of Snowflake's", "NTP");
        }
    }

    // login

    @Test
    void aKeyOfSomebodyElse() {
        KeyPair other = Accounts.keyPair();
        properties.put(
                "snowflake.private-key",
                Accounts.pem("PRIVATE", other.getPrivate().getEncoded()));

        Finding cause = cause();

        assertThat(cause.check()).isEqualTo("key wrong");
        assertThat(cause.found()).contains("has the fingerprint SHA256:");
        assertThat(cause.fix()).contains("RSA_PUBLIC_KEY_FP", "DESC USER SVC_DLT", "ALTER USER SVC_DLT SET");
        assertThat(cause.toString()).doesNotContain("PRIVATE");
    }

    @Test
    void aKeyThatAnotherLoginHides() {
        KeyPair other = Accounts.keyPair();
        properties.put(
                "snowflake.private-key",
                Accounts.pem("PRIVATE", other.getPrivate().getEncoded()));
        snowflake.user("SVC_DLT", "canary-of-a-token", "SVC_DLT");
        properties.put("snowflake.authenticator", "access-token");
        properties.put("snowflake.token", "canary-of-a-token");

        Finding cause = cause();

        assertThat(cause.check()).isEqualTo("key wrong");
        assertThat(cause.found().split("SHA256:")).hasSize(3);
    }

    @Test
    void aKeyThatIsNone() {
        properties.put("snowflake.private-key", "canary");
        assertThat(cause().check()).isEqualTo("setting wrong");
        assertThat(cause().toString()).doesNotContain("canary");
    }

    @Test
    void aTokenThatIsUnknown() {
        properties.put("snowflake.authenticator", "access-token");
        properties.put("snowflake.token", "canary");
        cause("credentials wrong", "394400", "snowflake.authenticator = access-token");
        assertThat(cause().toString()).doesNotContain("canary");
    }

    @Test
    void aUserWhoIsDisabled() {
        snowflake.disabled("SVC_DLT", true);
        cause("user disabled", "disabled", "ALTER USER SVC_DLT SET DISABLED = FALSE");
    }

    @Test
    void aUserWhoIsLocked() {
        snowflake.locked("SVC_DLT", true);
        cause("user locked", "locked", "ALTER USER SVC_DLT SET MINS_TO_UNLOCK = 0");
    }

    @Test
    void aRoleThatIsNotGranted() {
        snowflake.user("SVC_DLT", Accounts.SERVICE.getPublic(), "PUBLIC");
        cause("role not granted", "snowflake.role = SVC_DLT", "GRANT ROLE SVC_DLT TO USER SVC_DLT");
    }

    @Test
    void aNetworkPolicy() {
        snowflake.refuseLogin(
                390422,
                "Incoming request with IP/Token 203.0.113.7 is not allowed to access Snowflake. Contact your account"
                        + " administrator.");
        cause("network policy", "203.0.113.7", "add 203.0.113.7 to the network policy");
    }

    @Test
    void aLoginThatComesTooLate() {
        for (int code : List.of(394301, 394302, 394303)) {
            snowflake.refuseLogin(code, "JWT token is invalid. [0b1c2d3e]");
            cause("clock skew", "error " + code, "NTP");
        }
    }

    @Test
    void aWarehouseThatTheLoginRefuses() {
        snowflake.refuseLogin(390201, "The requested warehouse does not exist or not authorized.");
        cause("warehouse missing", "snowflake.warehouse = LOADING, snowflake.database = DLT", "infra plan");
    }

    @Test
    void anAuthenticationPolicy() {
        snowflake.refuseLogin(390202, "Authentication attempt rejected by the current authentication policy.");
        cause("login refused", "error 390202", "does not allow snowflake.authenticator = key-pair");
    }

    @Test
    void aNetworkThatIsBlockedIsNoUserWhoIsLocked() {
        snowflake.refuseLogin(390422, "IP 203.0.113.7 is blocked.");
        cause("network policy", "is blocked", "add 203.0.113.7");
    }

    @Test
    void aDefaultRoleThatIsNotGranted() {
        properties.remove("snowflake.role");
        snowflake.refuseLogin(390189, "Role 'X' specified in the connect string does not exist or not authorized.");
        cause("role not granted", "snowflake.role is not set", "set snowflake.role");
    }

    @Test
    void aStatementThatIsRefused() {
        snowflake.refuse("SYSTEM\\$PIPE_STATUS", 3001, "SQL access control error: Insufficient privileges.");
        cause("snowflake failed", "Insufficient privileges", null);
    }

    @Test
    void anErrorWithoutAName() {
        snowflake.refuseLogin(390999, "Something new.");
        cause("login refused", "error 390999: Something new.", null);
    }

    // objects

    @Test
    void aWarehouseThatIsNotThere() {
        snowflake.drop("WAREHOUSE", "LOADING");
        cause("warehouse missing", "snowflake.warehouse = LOADING", "GRANT USAGE ON WAREHOUSE LOADING TO ROLE SVC_DLT");
    }

    @Test
    void aWarehouseThatTheRoleMayNotUse() {
        snowflake.revoke("USAGE", "WAREHOUSE", "LOADING", "SVC_DLT");
        cause("warehouse missing", "has no USAGE on it", "infra apply");
    }

    @Test
    void aTableThatIsNotThere() {
        snowflake.drop("TABLE", TABLE);
        cause("table missing", TABLE, "UNDROP TABLE " + TABLE);
    }

    @Test
    void aPipeThatIsNotThere() {
        snowflake.drop("PIPE", PIPE);
        cause("pipe missing", PIPE, "infra apply");
    }

    @Test
    void aPipeThatIsPaused() {
        snowflake.set("PIPE", PIPE, "executionState", "PAUSED");
        cause("pipe paused", "is PAUSED", "ALTER PIPE " + PIPE + " SET PIPE_EXECUTION_PAUSED = FALSE");
    }

    @Test
    void aPipeThatIsStale() {
        snowflake
                .set("PIPE", PIPE, "executionState", "PAUSED")
                .set(
                        "PIPE",
                        PIPE,
                        "lastReceivedMessageTimestamp",
                        Instant.now().minus(Duration.ofDays(20)).toString());
        cause("pipe stale", "after 14 days", "SYSTEM$PIPE_FORCE_RESUME('" + PIPE + "', 'staleness_check_override')");
    }

    @Test
    void aPipeWhoseTableIsGone() {
        snowflake.set("PIPE", PIPE, "executionState", "STOPPED_MISSING_TABLE");
        cause("table missing", "STOPPED_MISSING_TABLE", "UNDROP TABLE");
    }

    @Test
    void aPipeThatIsStopped() {
        snowflake
                .set("PIPE", PIPE, "executionState", "STALLED_COMPILATION_ERROR")
                .set("PIPE", PIPE, "error", "invalid identifier RATES");
        cause("pipe stopped", "STALLED_COMPILATION_ERROR: invalid identifier RATES", "SYSTEM$PIPE_FORCE_RESUME");
    }

    @Test
    void aPipeThatMayNotReadTheBucket() {
        snowflake.set("PIPE", PIPE, "executionState", "STALLED_STAGE_PERMISSION_ERROR");
        cause("iam action missing", "STALLED_STAGE_PERMISSION_ERROR", "infra plan --iam");
    }

    @Test
    void aBucketThatIsNotThere() {
        properties.put("s3.bucket", "elsewhere");
        cause("bucket missing", "elsewhere", "infra apply");
    }

    @Test
    void aBucketThatIsNotSet() {
        properties.remove("s3.bucket");
        cause("setting wrong", "s3.bucket is not set", "name of the bucket");
    }

    @Test
    void aBucketInAnotherRegion() {
        accounts.s3.refuse("bucket", 301, "PermanentRedirect");
        cause("setting wrong", "the bucket is in another region", null);
    }

    @Test
    void aBucketThatAwsDoesNotGive() {
        accounts.s3.refuse("bucket", 400, "InvalidBucketName");
        cause("aws failed", "AWS rejected the request (InvalidBucketName)", null);
        accounts.s3.close();
        cause("aws failed", "AWS does not respond", null);
    }

    @Test
    void credentialsThatS3DoesNotAccept() {
        accounts.s3.refuse("bucket", 403, "SignatureDoesNotMatch");
        cause("aws credentials", "rejected the credentials", null);
    }

    @Test
    void aRegionThatTheSdkFinds() {
        properties.remove("aws.region");
        System.setProperty("aws.region", SecretsManagerServer.REGION);
        try {
            assertThat(examine()).noneMatch(Finding::failed);
        } finally {
            System.clearProperty("aws.region");
        }
    }

    @Test
    void aPipeWithoutAQueue() {
        snowflake.set("PIPE", PIPE, "notification_channel", "");
        cause("notification missing", "created without AUTO_INGEST = TRUE", "docs/infrastructure.md");
    }

    @Test
    void anIamActionForTheBucket() {
        accounts.s3.deny("bucket");
        cause("iam action missing", "s3:ListBucket", null);
    }

    @Test
    void anIamActionForTheNotification() {
        accounts.s3.deny("notification");
        cause("iam action missing", "s3:GetBucketNotification", null);
    }

    @Test
    void aNotificationThatIsMissing() {
        accounts.s3.bucket("acme-rates", "");
        cause("notification missing", "s3://acme-rates/exchange-rates/", "REFRESH");
    }

    @Test
    void aNotificationForAnotherPrefix() {
        accounts.s3.bucket("acme-rates", BucketServer.queue("old", FakeAccount.QUEUE, "rates/"));
        cause("notification prefix", "under rates/, not under exchange-rates/", "infra apply");
    }

    @Test
    void aFileThatWasRefused() {
        snowflake
                .file("exchange-rates/2026-09-01.json", "Loaded", null, null)
                .file("exchange-rates/2026-09-02.json", "Load failed", "Error parsing JSON: unexpected end", "1");
        cause(
                "files refused",
                "1 files were rejected and not loaded since; the first: 2026-09-02.json: Load failed, line 1: Error parsing"
                        + " JSON: unexpected end",
                "backfill -p force=true");
        assertThat(cause().fix()).contains("COPY INTO " + TABLE);
    }

    @Test
    void aFileThatWasRefusedAndLoadedSince() {
        snowflake
                .file("exchange-rates/2026-09-01.json", "Load skipped", "A file of that name was loaded", null)
                .file("exchange-rates/2026-09-02.json", "LOAD_FAILED", "Error parsing JSON", "1");
        cause("files refused", "2 files were rejected", null);

        // a forced backfill of the one day, the other by hand
        snowflake.file("exchange-rates/2026-09-01.6ampqn2crvw.json", "Loaded", null, null);
        cause("files refused", "1 files were rejected and not loaded since; the first: 2026-09-02.json", null);
        snowflake.file("exchange-rates/2026-09-02.json", "LOADED", null, null);
        assertThat(examine()).noneMatch(Finding::failed);
    }

    @Test
    void aKeyThatIsEncrypted() {
        properties.put("snowflake.private-key", Accounts.encrypted("canary-of-the-passphrase"));
        cause("setting wrong", "set snowflake.private-key-passphrase", null);
        properties.put("snowflake.private-key-passphrase", "canary-of-the-passphrase");
        assertThat(examine()).noneMatch(Finding::failed);
    }

    // sources

    @Test
    void aDatabaseServerThatDoesNotAnswer() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        properties.put("postgres.url", "jdbc:postgresql://127.0.0.1:" + port + "/shop?password=canary");
        cause("postgres unreachable", "127.0.0.1:" + port, "firewall");
        assertThat(cause().toString()).doesNotContain("canary");
    }

    @Test
    void anAddressThatNoDriverKnows() {
        for (String url : List.of(
                "postgresql://user:canary@host/shop",
                "jdbc:postgres://host/shop?password=canary",
                "jdbc:postgresql://user:canary@host/shop")) {
            properties.put("postgres.url", url);
            cause(
                    "setting wrong",
                    "no JDBC driver accepts the URL in postgres.url",
                    "jdbc:postgresql://host:5432/database");
            assertThat(cause().toString()).as(url).doesNotContain("canary");
        }
    }

    @Test
    void aPasswordWithBlanks() throws Exception {
        try (Connection owner = DriverManager.getConnection(postgres("postgres"), "postgres", "postgres");
                Statement statement = owner.createStatement()) {
            statement.execute("CREATE ROLE blank LOGIN PASSWORD ' blank '");
        }
        properties.put("postgres.username", "blank");
        properties.put("postgres.password", " blank ");
        assertThat(examine()).noneMatch(Finding::failed);
    }

    @Test
    void aDatabaseThatDoesNotExist() {
        properties.put("postgres.url", postgres("nowhere"));
        cause("postgres database", "nowhere", "postgres.database");
    }

    @Test
    void aUserWhomTheDatabaseDoesNotKnow() {
        properties.put("postgres.username", "nobody");
        properties.put("postgres.password", "canary");
        cause("postgres login", "nobody", "postgres.username");
        assertThat(cause().toString()).doesNotContain("canary");
    }

    @Test
    void tooManyConnections() throws Exception {
        try (Connection owner = DriverManager.getConnection(postgres("postgres"), "postgres", "postgres");
                Statement statement = owner.createStatement()) {
            statement.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0");
        }
        properties.put("postgres.username", "crowded");
        cause("postgres connections", "too many connections", "maximumPoolSize");
    }

    @Test
    void aKeyThatTheApiDoesNotKnow() {
        properties.put("exchange-rates.api-key", "canary");
        cause("exchange rates key", "rejected the key", "App ID");
        assertThat(cause().toString()).doesNotContain("canary");
    }

    @Test
    void aQuotaThatIsSpent() {
        rates.quota(0);
        cause("exchange rates quota", "0 of 0 requests", "next month");
    }

    @Test
    void anApiThatDoesNotAnswer() {
        rates.close();
        cause("exchange rates unreachable", "did not answer /usage.json", "exchange-rates.url");
    }

    /** Some bytes arrive all the time. */
    @Test
    void anApiWhoseAnswerDoesNotEnd() throws Exception {
        try (EndlessServer endless = new EndlessServer()) {
            properties.put("exchange-rates.url", endless.url() + "/drip-body");
            properties.put("exchange-rates.timeout", "300");
            cause("exchange rates unreachable", "/usage.json", "exchange-rates.url");
        }
    }

    @Test
    void theAddressOfAnApiThatIsNone() {
        properties.put("exchange-rates.url", "https://user:canary@rates");
        cause("setting wrong", "url must be the address of an API", null);
        assertThat(cause().toString()).doesNotContain("canary");
    }

    /** A server that answers everything alike. */
    private static final class HttpAnswers implements AutoCloseable {

        private final ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());

        HttpAnswers(String answer) throws IOException {
            Thread thread = new Thread(() -> serve(answer), "http-answers");
            thread.setDaemon(true);
            thread.start();
        }

        String url() {
            return "http://127.0.0.1:" + server.getLocalPort();
        }

        private void serve(String answer) {
            while (!server.isClosed()) {
                try (Socket socket = server.accept();
                        OutputStream out = socket.getOutputStream()) {
                    byte[] request = new byte[65_536];
                    int length = socket.getInputStream().read(request);
                    assertThat(ByteBuffer.wrap(request, 0, Math.max(length, 0)).remaining())
                            .isNotNegative();
                    out.write(answer.getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    // the test has ended
                }
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
