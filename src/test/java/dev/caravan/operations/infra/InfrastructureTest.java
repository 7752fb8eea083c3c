package dev.caravan.operations.infra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.run.PermanentException;
import dev.caravan.run.UsageException;
import dev.caravan.secrets.SecretsManagerServer;
import dev.caravan.snowflake.fake.FakeAccount;
import java.io.Reader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is planned and applied: with the real drivers, against doubles of Snowflake, S3 and Secrets Manager. */
class InfrastructureTest {

    private final Accounts accounts = new Accounts();
    private final FakeAccount snowflake = accounts.snowflake;
    private final BucketServer s3 = accounts.s3;
    private final SecretsManagerServer secrets = accounts.secrets;
    private final Map<String, String> properties = accounts.properties;

    @AfterEach
    void stop() {
        accounts.close();
    }

    private Infrastructure open() {
        return Infrastructure.open(accounts.settings());
    }

    private List<ResourceStatus> plan() {
        try (Infrastructure infrastructure = open()) {
            return infrastructure.plan();
        }
    }

    private List<ResourceStatus> apply() {
        return accounts.apply();
    }

    private List<String> statements() {
        try (Infrastructure infrastructure = open()) {
            return texts(infrastructure);
        }
    }

    private static List<String> texts(Infrastructure infrastructure) {
        return infrastructure.statements().stream()
                .flatMap(status -> status.changes().stream())
                .toList();
    }

    private static ResourceStatus status(List<ResourceStatus> statuses, String resource) {
        return statuses.stream()
                .filter(status -> status.resource().equals(resource))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void anEmptyAccountGetsEverythingAndASecondApplyDoesNothing() {
        assertThat(plan()).extracting(ResourceStatus::state).containsOnly(ResourceState.MISSING);

        List<ResourceStatus> applied = apply();

        assertThat(applied)
                .filteredOn(status -> status.state() != ResourceState.CREATED)
                .isEmpty();
        assertThat(snowflake.has("DATABASE", "DLT")).isTrue();
        assertThat(snowflake.has("DATABASE", "SNOWPIPE")).isTrue();
        assertThat(List.of(
                        "DLT.OPEN_EXCHANGE_RATES",
                        "DLT.APPLICATION_DATA",
                        "DLT.HUBSPOT",
                        "SNOWPIPE.OPEN_EXCHANGE_RATES"))
                .allMatch(schema -> snowflake.has("SCHEMA", schema));
        assertThat(snowflake.options("WAREHOUSE", "LOADING"))
                .containsEntry("WAREHOUSE_SIZE", "XSMALL")
                .containsEntry("AUTO_SUSPEND", "60")
                .containsEntry("AUTO_RESUME", "TRUE")
                .containsEntry("INITIALLY_SUSPENDED", "TRUE");
        assertThat(snowflake.options("USER", "SVC_DLT"))
                .containsEntry("TYPE", "SERVICE")
                .containsEntry("DEFAULT_ROLE", "SVC_DLT")
                .containsEntry("DEFAULT_WAREHOUSE", "LOADING");
        assertThat(snowflake.member("SVC_DLT", "SVC_DLT")).isTrue();
        assertThat(snowflake.options("PIPE", "SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE"))
                .containsEntry("notification_channel", FakeAccount.QUEUE);
        assertThat(s3.notifications("acme-rates")).contains(FakeAccount.QUEUE, "exchange-rates/");
        assertThat(secrets.names())
                .containsExactly(
                        "dlt/clever-cloud-postgres",
                        "dlt/hubspot-api-key",
                        "dlt/open-exchange-rates",
                        "dlt/snowflake-credentials");

        int statements = snowflake.statements().size();
        List<ResourceStatus> again = apply();

        assertThat(again).extracting(ResourceStatus::state).containsOnly(ResourceState.OK);
        assertThat(snowflake
                        .statements()
                        .subList(statements, snowflake.statements().size()))
                .allMatch(sql -> sql.matches("(?s)(SHOW|DESC|ALTER SESSION) .*"));
        assertThat(s3.changes()).containsExactly("PUT /acme-rates", "PUT /acme-rates?notification");
        assertThat(secrets.calls())
                .filteredOn(call -> call.startsWith("CreateSecret"))
                .hasSize(4);
    }

    @Test
    void theRolesGetWhatTheyNeedAndNoMore() {
        apply();

        assertThat(snowflake.privileges("SVC_DLT"))
                .containsExactlyInAnyOrder(
                        "USAGE ON WAREHOUSE LOADING",
                        "USAGE ON DATABASE DLT",
                        "USAGE ON DATABASE SNOWPIPE",
                        "USAGE ON SCHEMA DLT.OPEN_EXCHANGE_RATES",
                        "CREATE TABLE ON SCHEMA DLT.OPEN_EXCHANGE_RATES",
                        "CREATE STAGE ON SCHEMA DLT.OPEN_EXCHANGE_RATES",
                        "USAGE ON SCHEMA DLT.APPLICATION_DATA",
                        "CREATE TABLE ON SCHEMA DLT.APPLICATION_DATA",
                        "CREATE STAGE ON SCHEMA DLT.APPLICATION_DATA",
                        "USAGE ON SCHEMA DLT.HUBSPOT",
                        "CREATE TABLE ON SCHEMA DLT.HUBSPOT",
                        "CREATE STAGE ON SCHEMA DLT.HUBSPOT",
                        "USAGE ON SCHEMA SNOWPIPE.OPEN_EXCHANGE_RATES",
                        "SELECT ON TABLE SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES",
                        "SELECT ON VIEW SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_DAILY",
                        "MONITOR ON PIPE SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE");
        assertThat(snowflake.privileges("DLT_READER"))
                .allMatch(privilege -> privilege.startsWith("USAGE ON ") || privilege.startsWith("SELECT ON "))
                .contains(
                        "SELECT ON FUTURE TABLES IN DLT.APPLICATION_DATA",
                        "SELECT ON TABLE SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES",
                        // else it sees the tables and cannot compute with them
                        "USAGE ON WAREHOUSE LOADING");
    }

    @Test
    void planPrintsTheStatementsAndChangesNothing() {
        List<String> statements = statements();

        assertThat(statements)
                .contains(
                        "CREATE DATABASE IF NOT EXISTS DLT",
                        "GRANT USAGE, CREATE TABLE, CREATE STAGE ON SCHEMA DLT.HUBSPOT TO ROLE SVC_DLT",
                        "GRANT MONITOR ON PIPE SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE TO ROLE SVC_DLT")
                .allMatch(sql -> !sql.contains("DROP") && !sql.contains("OR REPLACE"));
        assertThat(snowflake.statements()).allMatch(sql -> sql.matches("(?s)(SHOW|DESC|ALTER SESSION) .*"));
        assertThat(s3.changes()).isEmpty();

        // somebody else runs them, in their order; nothing of Snowflake is left to do then
        snowflake.run(statements.toArray(String[]::new));
        assertThat(statements()).isEmpty();
    }

    /** An administrator's first day: no login, no secret, no credentials of AWS. */
    @Test
    void statementsAndPoliciesNeedNoLoginAndNoSecret() {
        List<String> complete = statements();
        properties.keySet().removeIf(key -> key.startsWith("snowflake."));
        properties.put("snowflake.host", "{{aws:dlt/snowflake-credentials#host}}");
        properties.put("infra.private-key", "{{aws:dlt/snowflake-credentials#private_key}}");
        int sessions = snowflake.statements().size();

        try (Infrastructure infrastructure = Infrastructure.openIfPossible(accounts.settings())) {
            assertThat(infrastructure.notConnected().orElseThrow()).contains("AWS secret dlt/snowflake-credentials");
            assertThat(texts(infrastructure)).isEqualTo(complete);
            assertThat(json(infrastructure.policies())).contains("known after the first apply");
        }
        properties.remove("snowflake.host");
        try (Infrastructure infrastructure = Infrastructure.openIfPossible(accounts.settings())) {
            assertThat(infrastructure.notConnected()).contains("snowflake.host is not set");
        }
        assertThat(snowflake.statements()).hasSize(sessions);
        assertThatThrownBy(this::open)
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("SNOWFLAKE_HOST")
                .hasMessageContaining("--sql and --iam need none");
    }

    @Test
    void aLoginThatIsGivenAndRefusedIsNotPassedOver() {
        properties.put("snowflake.token", "wrong");
        assertThatThrownBy(() -> Infrastructure.openIfPossible(accounts.settings()))
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("as ANNA cannot connect");
    }

    @Test
    void whatDiffersIsFixedAndWhatOthersHaveSetStays() {
        apply();
        snowflake
                .set("WAREHOUSE", "LOADING", "AUTO_SUSPEND", "600")
                .set("USER", "SVC_DLT", "DEFAULT_ROLE", "PUBLIC")
                .set("STORAGE INTEGRATION", "CARAVAN_S3", "STORAGE_ALLOWED_LOCATIONS", "('s3://other/')")
                .revoke("CREATE STAGE", "SCHEMA", "DLT.HUBSPOT", "SVC_DLT");

        List<ResourceStatus> planned = plan();
        assertThat(status(planned, "warehouse LOADING").remark()).isEqualTo("auto_suspend is 600, expected 60");
        assertThat(status(planned, "grants to SVC_DLT on schema DLT.HUBSPOT").remark())
                .isEqualTo("lacks CREATE STAGE");

        List<ResourceStatus> applied = apply();

        assertThat(applied.stream()
                        .filter(status -> status.state() == ResourceState.CHANGED)
                        .map(status -> status.resource() + ": " + String.join("; ", status.changes())))
                .containsExactly(
                        "warehouse LOADING: ALTER WAREHOUSE LOADING SET AUTO_SUSPEND = 60",
                        "user SVC_DLT: ALTER USER SVC_DLT SET DEFAULT_ROLE = SVC_DLT",
                        "storage integration CARAVAN_S3: ALTER STORAGE INTEGRATION CARAVAN_S3 SET"
                                + " STORAGE_ALLOWED_LOCATIONS = ('s3://other/', 's3://acme-rates/exchange-rates/')",
                        "grants to SVC_DLT on schema DLT.HUBSPOT: GRANT CREATE STAGE ON SCHEMA DLT.HUBSPOT TO ROLE"
                                + " SVC_DLT");
        assertThat(apply()).extracting(ResourceStatus::state).containsOnly(ResourceState.OK);
    }

    @Tag("slow")
    @Test
    void aNewKeyComesBesideTheOldOneAndAThirdIsForSomebodyToDecide() throws Exception {
        apply();
        properties.put(
                "infra.public-key",
                Accounts.pem("PUBLIC", Accounts.keyPair().getPublic().getEncoded()));

        ResourceStatus status = status(apply(), "user SVC_DLT");

        assertThat(status.state()).isEqualTo(ResourceState.CHANGED);
        assertThat(status.changes().get(0)).startsWith("ALTER USER SVC_DLT SET RSA_PUBLIC_KEY_2 = 'MII");
        assertThat(status(plan(), "user SVC_DLT").state()).isEqualTo(ResourceState.OK);

        properties.put(
                "infra.public-key",
                Accounts.pem("PUBLIC", Accounts.keyPair().getPublic().getEncoded()));
        status = status(apply(), "user SVC_DLT");
        assertThat(status.state()).isEqualTo(ResourceState.DIFFERENT);
        assertThat(status.changes()).isEmpty();
        assertThat(status.remark()).contains("UNSET RSA_PUBLIC_KEY_2");
    }

    @Test
    void theKeyIsDerivedFromThePrivateKeyAtHand() {
        properties.remove("infra.public-key");
        properties.put(
                "infra.private-key",
                Accounts.pem("PRIVATE", Accounts.SERVICE.getPrivate().getEncoded()));

        apply();

        assertThat(snowflake.options("USER", "SVC_DLT").get("RSA_PUBLIC_KEY"))
                .isEqualTo("'"
                        + Base64.getEncoder()
                                .encodeToString(Accounts.SERVICE.getPublic().getEncoded()) + "'");
    }

    @Test
    void withoutAKeyTheUserIsMadeAndTheRestIsSaid() {
        properties.remove("infra.public-key");

        ResourceStatus status = status(apply(), "user SVC_DLT");

        assertThat(status.state()).isEqualTo(ResourceState.CREATED);
        assertThat(status.remark()).contains("infra.public-key", "infra.workload-role");
        assertThat(status(plan(), "user SVC_DLT").remark()).contains("it has no key");
    }

    @Test
    void anEncryptedPrivateKeyIsReadWithItsPassphraseAndOnlyWhereItIsNeeded() throws Exception {
        properties.remove("infra.public-key");
        properties.put("infra.private-key", Accounts.encrypted("canary-of-the-passphrase"));
        properties.put("snowflake.private-key-passphrase", "canary-of-the-passphrase");

        // verify and doctor have the names without it
        assertThat(InfraSettings.of(accounts.settings()).user()).isEqualTo("SVC_DLT");
        assertThatThrownBy(this::open)
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("infra.private-key is encrypted; set infra.private-key-passphrase");

        properties.put("infra.private-key-passphrase", shipped("infra.private-key-passphrase"));
        apply();
        assertThat(snowflake.options("USER", "SVC_DLT").get("RSA_PUBLIC_KEY"))
                .isEqualTo("'"
                        + Base64.getEncoder()
                                .encodeToString(Accounts.SERVICE.getPublic().getEncoded()) + "'");
    }

    /** What application-prod.properties says of a setting. */
    private static String shipped(String key) throws Exception {
        Properties file = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of("application-prod.properties"))) {
            file.load(reader);
        }
        return file.getProperty(key);
    }

    @Test
    void whatCannotBeChangedIsNamed() {
        properties.put("infra.workload-role", "arn:aws:iam::123456789012:role/caravan");
        apply();
        String table = "SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES";
        snowflake
                .set("PIPE", table + "_PIPE", "definition", "copy into open_exchange_rates.other from @OLD_STAGE")
                .set(
                        "TABLE",
                        table,
                        "columns",
                        "(" + "DATE DATE, TIMESTAMP TIMESTAMP_NTZ NOT NULL, BASE VARCHAR NOT NULL,"
                                + " RATES VARIANT NOT NULL, _LOADED_AT TIMESTAMP_NTZ, _FILE VARCHAR, _MODIFIED TIMESTAMP_NTZ)")
                .set("VIEW", table + "_DAILY", "text", "CREATE VIEW D AS SELECT 1 AS date")
                .set(
                        "USER",
                        "SVC_DLT",
                        "WORKLOAD_IDENTITY",
                        "(TYPE = AWS ARN = 'arn:aws:iam::123456789012:role/other')");

        List<ResourceStatus> statuses = apply();

        assertThat(statuses)
                .filteredOn(status -> status.state() != ResourceState.OK)
                .allMatch(status -> status.changes().isEmpty());
        assertThat(status(statuses, "pipe " + table + "_PIPE").remark())
                .contains("it loads into open_exchange_rates.other, expected " + table)
                .contains("it reads @OLD_STAGE, expected @SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_STAGE")
                .contains("docs/infrastructure.md");
        assertThat(status(statuses, "table " + table).remark())
                .contains("DATE may be NULL", "ALTER TABLE " + table + " ALTER COLUMN DATE SET NOT NULL");
        assertThat(status(statuses, "view " + table + "_DAILY").remark()).contains("its text differs");
        assertThat(status(statuses, "user SVC_DLT").remark())
                .contains("its workload identity is arn:aws:iam::123456789012:role/other")
                .contains("expected arn:aws:iam::123456789012:role/caravan");

        // without database and schema a name means the pipe's own
        snowflake.set(
                "PIPE",
                table + "_PIPE",
                "definition",
                "COPY INTO EXCHANGE_RATES(A) FROM (SELECT $1 FROM"
                        + " @open_exchange_rates.exchange_rates_stage) ON_ERROR = SKIP_FILE");
        assertThat(status(plan(), "pipe " + table + "_PIPE").state()).isEqualTo(ResourceState.OK);
    }

    @Test
    void aSizeMayBeSpelledInAnyWay() {
        for (String size : List.of("XXLARGE", "X2LARGE", "2X-Large", "x2large")) {
            properties.put("infra.warehouse-size", size);
            assertThat(apply())
                    .as(size)
                    .extracting(ResourceStatus::state)
                    .doesNotContain(ResourceState.CHANGED, ResourceState.FAILED);
        }
        assertThat(snowflake.options("WAREHOUSE", "LOADING")).containsEntry("WAREHOUSE_SIZE", "XXLARGE");
        properties.put("infra.warehouse-size", "X-Small");
        assertThat(status(apply(), "warehouse LOADING").changes())
                .containsExactly("ALTER WAREHOUSE LOADING SET WAREHOUSE_SIZE = XSMALL");
        properties.put("infra.warehouse-size", "huge");
        assertThatThrownBy(this::open)
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("Unknown infra.warehouse-size huge: use one of XSMALL, SMALL");
    }

    @Test
    void anEndpointOfSecretsManagerIsNotTheBuckets() {
        properties.remove("s3.endpoint");
        try (AwsClients aws = new AwsClients(accounts.settings())) {
            assertThat(aws.s3().serviceClientConfiguration().endpointOverride()).isEmpty();
            assertThat(aws.secrets().serviceClientConfiguration().endpointOverride())
                    .contains(URI.create(secrets.url()));
        }
    }

    @Test
    void theSdkFindsTheRegionIfNoneIsSet() {
        properties.remove("aws.region");
        System.setProperty("aws.region", "eu-west-3");
        try (AwsClients aws = new AwsClients(accounts.settings())) {
            assertThat(aws.s3().serviceClientConfiguration().region().id()).isEqualTo("eu-west-3");
        } finally {
            System.clearProperty("aws.region");
        }
    }

    @Test
    void workloadIdentityNeedsNoKey() {
        properties.put("infra.workload-role", "arn:aws:iam::123456789012:role/caravan");

        apply();

        assertThat(snowflake.options("USER", "SVC_DLT"))
                .containsEntry("WORKLOAD_IDENTITY", "(TYPE = AWS ARN = 'arn:aws:iam::123456789012:role/caravan')")
                .doesNotContainKey("RSA_PUBLIC_KEY");
        assertThat(status(plan(), "user SVC_DLT").state()).isEqualTo(ResourceState.OK);
    }

    @Test
    void namesComeFromPropertiesAndAreQuotedWhereTheyHaveTo() {
        properties.putAll(Map.of(
                "infra.role", "loader",
                "infra.user", "svc-loader",
                "infra.database", "raw",
                "infra.schemas", "order,\"Mixed\"",
                "infra.warehouse", "it's"));

        assertThat(statements())
                .contains(
                        "CREATE ROLE IF NOT EXISTS LOADER COMMENT = 'Loads data with Caravan'",
                        "CREATE DATABASE IF NOT EXISTS RAW",
                        "CREATE SCHEMA IF NOT EXISTS RAW.\"ORDER\"",
                        "CREATE SCHEMA IF NOT EXISTS RAW.\"Mixed\"",
                        "GRANT ROLE LOADER TO USER \"svc-loader\"",
                        "GRANT USAGE ON WAREHOUSE \"it's\" TO ROLE LOADER");
        apply();
        assertThat(apply()).extracting(ResourceStatus::state).containsOnly(ResourceState.OK);
    }

    @Test
    void aMissingPrivilegeNamesTheStatementAndWhoMayRunIt() {
        properties.put("snowflake.role", "SYSADMIN");

        List<ResourceStatus> applied = apply();

        ResourceStatus role = status(applied, "role SVC_DLT");
        assertThat(role.state()).isEqualTo(ResourceState.FAILED);
        assertThat(role.remark())
                .contains("The role SYSADMIN lacks the privilege for: CREATE ROLE IF NOT EXISTS SVC_DLT")
                .contains("CREATE ROLE on the account, as USERADMIN has");
        // the rest of Snowflake needs it; AWS does not
        assertThat(status(applied, "database DLT").state()).isEqualTo(ResourceState.SKIPPED);
        assertThat(status(applied, "bucket acme-rates").state()).isEqualTo(ResourceState.CREATED);
        assertThat(status(applied, "notification of s3://acme-rates/exchange-rates/")
                        .remark())
                .startsWith("waits for the pipe");
    }

    @Test
    void thePipeWaitsForTheRoleInAwsAndTheNextApplyGoesOn() {
        snowflake.roleAssumed(false);

        ResourceStatus pipe = status(apply(), "pipe SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE");

        assertThat(pipe.state()).isEqualTo(ResourceState.FAILED);
        assertThat(pipe.remark()).contains("infra plan --iam");

        snowflake.roleAssumed(true);
        assertThat(apply().stream()
                        .filter(status -> status.state() == ResourceState.CREATED)
                        .map(ResourceStatus::resource))
                .containsExactly(
                        "pipe SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE",
                        "grants to SVC_DLT on pipe SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE",
                        "notification of s3://acme-rates/exchange-rates/");
    }

    @Test
    void thePoliciesNameBucketSecretsAndSnowflake() {
        try (Infrastructure infrastructure = open()) {
            assertThat(infrastructure
                            .policies()
                            .get("storage_role_trust_policy")
                            .toString())
                    .contains("known after the first apply");
        }
        apply();
        try (Infrastructure infrastructure = open()) {
            Map<String, Object> policies = infrastructure.policies();
            assertThat(policies.keySet())
                    .containsExactly(
                            "caravan_role_policy",
                            "caravan_role_trust_policy",
                            "storage_role_policy",
                            "storage_role_trust_policy",
                            "administrator_policy");
            assertThat(json(policies.get("caravan_role_policy")))
                    .isEqualTo("{'Version':'2012-10-17','Statement':["
                            + "{'Sid':'Write','Effect':'Allow','Action':['s3:PutObject'],"
                            + "'Resource':'arn:aws:s3:::acme-rates/exchange-rates/*'},"
                            + "{'Sid':'List','Effect':'Allow','Action':['s3:ListBucket'],"
                            + "'Resource':'arn:aws:s3:::acme-rates',"
                            + "'Condition':{'StringLike':{'s3:prefix':['exchange-rates/*']}}},"
                            + "{'Sid':'Diagnose','Effect':'Allow','Action':['s3:GetBucketNotification'],"
                            + "'Resource':'arn:aws:s3:::acme-rates'},"
                            + "{'Sid':'Secrets','Effect':'Allow','Action':['secretsmanager:GetSecretValue'],'Resource':["
                            + "'arn:aws:secretsmanager:eu-central-1:*:secret:dlt/snowflake-credentials',"
                            + "'arn:aws:secretsmanager:eu-central-1:*:secret:dlt/snowflake-credentials-??????',"
                            + "'arn:aws:secretsmanager:eu-central-1:*:secret:dlt/open-exchange-rates',"
                            + "'arn:aws:secretsmanager:eu-central-1:*:secret:dlt/open-exchange-rates-??????',"
                            + "'arn:aws:secretsmanager:eu-central-1:*:secret:dlt/clever-cloud-postgres',"
                            + "'arn:aws:secretsmanager:eu-central-1:*:secret:dlt/clever-cloud-postgres-??????',"
                            + "'arn:aws:secretsmanager:eu-central-1:*:secret:dlt/hubspot-api-key',"
                            + "'arn:aws:secretsmanager:eu-central-1:*:secret:dlt/hubspot-api-key-??????']}]}");
            assertThat(json(policies.get("caravan_role_trust_policy")))
                    .isEqualTo("{'Version':'2012-10-17','Statement':[{'Sid':'Machine','Effect':'Allow',"
                            + "'Principal':{'Service':'ec2.amazonaws.com'},'Action':'sts:AssumeRole'}]}");
            assertThat(json(policies.get("storage_role_policy")))
                    .isEqualTo("{'Version':'2012-10-17','Statement':["
                            + "{'Sid':'Read','Effect':'Allow','Action':['s3:GetObject','s3:GetObjectVersion'],"
                            + "'Resource':'arn:aws:s3:::acme-rates/exchange-rates/*'},"
                            + "{'Sid':'Locate','Effect':'Allow','Action':['s3:GetBucketLocation'],"
                            + "'Resource':'arn:aws:s3:::acme-rates'},"
                            + "{'Sid':'List','Effect':'Allow','Action':['s3:ListBucket'],"
                            + "'Resource':'arn:aws:s3:::acme-rates',"
                            + "'Condition':{'StringLike':{'s3:prefix':['exchange-rates/*']}}}]}");
            assertThat(policies.get("storage_role_trust_policy").toString())
                    .contains(FakeAccount.IAM_USER, "ACME_SFCRole=2_abc=");
        }
    }

    private static String json(Object document) {
        try {
            return new ObjectMapper().writeValueAsString(document).replace('"', '\'');
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aKeyOfKmsIsPartOfThePolicies() {
        properties.put("s3.kms", "true");
        properties.put("s3.kms-key", "arn:aws:kms:eu-central-1:123456789012:key/ab-12");
        assertThat(encryption("caravan_role_policy"))
                .isEqualTo("{'Sid':'Encryption','Effect':'Allow','Action':['kms:GenerateDataKey'],"
                        + "'Resource':'arn:aws:kms:eu-central-1:123456789012:key/ab-12'}]}");
        assertThat(encryption("storage_role_policy")).contains("'Action':['kms:Decrypt'],", "key/ab-12");

        properties.put("s3.kms-key", "alias/rates");
        assertThat(encryption("caravan_role_policy"))
                .isEqualTo("{'Sid':'Encryption','Effect':'Allow','Action':['kms:GenerateDataKey'],"
                        + "'Resource':'arn:aws:kms:eu-central-1:*:key/*','Condition':{'ForAnyValue:StringEquals':"
                        + "{'kms:ResourceAliases':'alias/rates'}}}]}");

        properties.put("s3.kms", "false");
        assertThat(encryption("caravan_role_policy")).isEmpty();
    }

    private String encryption(String policy) {
        try (Infrastructure infrastructure = open()) {
            String json = json(infrastructure.policies().get(policy));
            int from = json.indexOf("{'Sid':'Encryption'");
            return from < 0 ? "" : json.substring(from);
        }
    }

    @Test
    void otherPartsOfAwsHaveArnsOfTheirOwn() {
        properties.put("infra.storage-role", "arn:aws-cn:iam::123456789012:role/caravan-snowpipe");
        try (Infrastructure infrastructure = open()) {
            assertThat(json(infrastructure.policies()).replace("arn:aws-cn:", ""))
                    .doesNotContain("arn:aws");
        }
    }

    @ParameterizedTest
    @CsvSource({"aws, S3, s3", "aws-cn, S3CHINA, s3china", "aws-us-gov, S3GOV, s3gov"})
    void otherPartsOfAwsHaveAStorageOfTheirOwn(String part, String provider, String scheme) {
        properties.put("infra.storage-role", "arn:" + part + ":iam::123456789012:role/caravan-snowpipe");

        apply();

        assertThat(snowflake.options("STORAGE INTEGRATION", "CARAVAN_S3"))
                .containsEntry("STORAGE_PROVIDER", "'" + provider + "'")
                .containsEntry("STORAGE_ALLOWED_LOCATIONS", "('" + scheme + "://acme-rates/exchange-rates/')");
        assertThat(snowflake.options("STAGE", "SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_STAGE"))
                .containsEntry("URL", "'" + scheme + "://acme-rates/exchange-rates/'");
        assertThat(apply()).extracting(ResourceStatus::state).containsOnly(ResourceState.OK);
    }

    @Test
    void anIntegrationForAnotherStorageIsNamed() {
        apply();
        snowflake.set("STORAGE INTEGRATION", "CARAVAN_S3", "STORAGE_PROVIDER", "S3GOV");

        ResourceStatus status = status(plan(), "storage integration CARAVAN_S3");

        assertThat(status.changes()).isEmpty();
        assertThat(status.remark()).startsWith("STORAGE_PROVIDER is S3GOV, expected S3: ");
    }

    /** Doctor prints it, for which no role has to be set. */
    @Test
    void withoutARoleTheRegionSaysWhichStorageItIs() {
        properties.remove("infra.storage-role");
        properties.put("aws.region", "cn-north-1");
        assertThat(InfraSettings.of(accounts.settings()).location()).isEqualTo("s3china://acme-rates/exchange-rates/");
        properties.put("aws.region", "us-gov-west-1");
        assertThat(InfraSettings.of(accounts.settings()).location()).isEqualTo("s3gov://acme-rates/exchange-rates/");
    }

    @Test
    void aNameMayHoldDotsAndCommas() {
        properties.put("infra.rates-table", "\"RAW.V1\".rates.\"my \"\"rates\"\"\"");
        properties.put("infra.schemas", "ONE,\"TWO, THREE\"");
        InfraSettings settings = InfraSettings.of(accounts.settings());
        assertThat(settings.rates()).containsExactly("RAW.V1", "RATES", "my \"rates\"");
        assertThat(settings.schemas()).containsExactly("ONE", "TWO, THREE");
    }

    @Test
    void secretsKeepTheirValuesAndOneThatIsBeingDeletedIsNamed() {
        secrets.put("dlt/open-exchange-rates", "{\"api_key\":\"canary-of-the-api-key\"}");
        secrets.create("dlt/clever-cloud-postgres").delete("dlt/clever-cloud-postgres");

        List<ResourceStatus> statuses = apply();

        assertThat(secrets.value("dlt/open-exchange-rates")).contains("canary-of-the-api-key");
        assertThat(status(statuses, "secret dlt/clever-cloud-postgres").remark())
                .contains("restore-secret");
        assertThat(status(plan(), "secret dlt/snowflake-credentials").remark())
                .contains("has no value yet", "private_key");
        assertThat(statuses.stream().map(ResourceStatus::toString).collect(Collectors.joining()))
                .doesNotContain("canary");
    }

    @Test
    void aDeniedActionOfAwsIsNamedAndSnowflakeGoesOn() {
        s3.deny("bucket");

        List<ResourceStatus> statuses = plan();

        assertThat(status(statuses, "bucket acme-rates").state()).isEqualTo(ResourceState.UNKNOWN);
        assertThat(status(statuses, "bucket acme-rates").remark())
                .contains("bucket acme-rates", "IAM action s3:ListBucket");
        assertThat(status(statuses, "database DLT").state()).isEqualTo(ResourceState.MISSING);
    }

    @Test
    void wrongSettingsAreASentence() {
        properties.put("infra.storage-role", "caravan");
        assertThatThrownBy(this::open).isInstanceOf(UsageException.class).hasMessageContaining("infra.storage-role");

        properties.put("infra.storage-role", "arn:aws:iam::123456789012:role/caravan-snowpipe");
        properties.put("snowflake.token", "wrong");
        assertThatThrownBy(this::open)
                .isInstanceOf(PermanentException.class)
                .hasMessageContaining("as ANNA cannot connect")
                .hasMessageContaining("caravan doctor");
    }
}
