package dev.caravan.operations.infra;

import dev.caravan.exchangerates.RatesSchema;
import dev.caravan.operations.Settings;
import dev.caravan.run.UsageException;
import dev.caravan.warehouse.snowflake.SnowflakeNames;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import software.amazon.awssdk.regions.PartitionMetadata;
import software.amazon.awssdk.regions.Region;

/**
 * The names of what Caravan needs, from the properties {@code infra.*} and {@code s3.bucket}; docs/infrastructure.md
 * lists them. Names of Snowflake's are as Snowflake keeps them.
 *
 * @param role whose grants let it load, for the service user
 * @param reader whose grants let it read what was loaded
 * @param schemas of the database that Caravan loads into
 * @param rates database, schema and table that Snowpipe loads into
 * @param bucket that objects are put into, or null if it is not set
 * @param prefix how the names of the objects begin that Snowpipe loads
 * @param kmsKey the key of KMS that S3 encrypts them with, or null if it has one of its own
 * @param region where the bucket and the secrets are, or null if it is not set
 * @param storageRole the ARN of the IAM role as which Snowflake reads the bucket, or null if it is not set
 * @param workloadRole the ARN of the AWS role that may log in as the service user, or null
 * @param runRole the ARN of the AWS role that Caravan runs as; if null, IAM is not called and no role is created
 * @param runService the AWS service that runs Caravan and assumes its role, as in {@code ec2.amazonaws.com}
 * @param secrets the names of the secrets, and the fields that each will have
 */
public record InfraSettings(
        String user,
        String role,
        String reader,
        String warehouse,
        WarehouseSize warehouseSize,
        String database,
        List<String> schemas,
        List<String> rates,
        String pipe,
        String stage,
        String fileFormat,
        String integration,
        String bucket,
        String prefix,
        String kmsKey,
        String region,
        String storageRole,
        String workloadRole,
        String runRole,
        String runService,
        Map<String, String> secrets) {

    private static final String ROLE = "arn:aws[a-z-]*:iam::\\d{12}:role/([^\\s/]+/)*[\\w+=,.@-]{1,64}";

    /** A comma that is not within quotes. */
    private static final String COMMA = ",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)";

    /** Snowflake's names of S3 in other AWS partitions, by ARN prefix. */
    private static final Map<String, String> STORAGE = Map.of("arn:aws-cn", "S3CHINA", "arn:aws-us-gov", "S3GOV");

    /** Reads them. */
    public static InfraSettings of(Settings settings) {
        List<String> rates =
                SnowflakeNames.parse(settings.get("infra.rates-table", "SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES"));
        if (rates.size() != 3) {
            throw new UsageException("infra.rates-table must be a name with three parts, as in DATABASE.SCHEMA.TABLE");
        }
        Map<String, String> secrets = new LinkedHashMap<>();
        secrets.put(
                settings.get("infra.snowflake-secret", "dlt/snowflake-credentials"),
                "database, warehouse, role, username, host, private_key");
        secrets.put(settings.get("infra.exchange-rates-secret", "dlt/open-exchange-rates"), "api_key");
        secrets.put(
                settings.get("infra.postgres-secret", "dlt/clever-cloud-postgres"),
                "host, port, database, username, password");
        secrets.put(settings.get("infra.hubspot-secret", "dlt/hubspot-api-key"), "api_key");
        return new InfraSettings(
                name(settings, "infra.user", "SVC_DLT"),
                name(settings, "infra.role", "SVC_DLT"),
                name(settings, "infra.reader-role", "DLT_READER"),
                name(settings, "infra.warehouse", "LOADING"),
                WarehouseSize.parse(settings.get("infra.warehouse-size", "XSMALL")),
                name(settings, "infra.database", "DLT"),
                Arrays.stream(settings.get("infra.schemas", "OPEN_EXCHANGE_RATES,APPLICATION_DATA,HUBSPOT")
                                .split(COMMA))
                        .map(schema -> SnowflakeNames.fold(schema.strip()))
                        .toList(),
                rates,
                name(settings, "infra.pipe", "EXCHANGE_RATES_PIPE"),
                name(settings, "infra.stage", "EXCHANGE_RATES_STAGE"),
                name(settings, "infra.file-format", "EXCHANGE_RATES_JSON"),
                name(settings, "infra.integration", "CARAVAN_S3"),
                settings.get("s3.bucket"),
                RatesSchema.PREFIX,
                Boolean.parseBoolean(settings.get("s3.kms", "false")) ? settings.get("s3.kms-key") : null,
                settings.get("aws.region"),
                settings.get("infra.storage-role"),
                settings.get("infra.workload-role"),
                settings.get("infra.run-role"),
                settings.get("infra.run-service", "ec2.amazonaws.com"),
                secrets);
    }

    private static String name(Settings settings, String key, String otherwise) {
        return SnowflakeNames.fold(settings.get(key, otherwise));
    }

    /**
     * Returns these settings if they are complete for the set-up.
     *
     * @throws UsageException if one is missing or invalid
     */
    InfraSettings complete() {
        if (bucket == null) {
            throw new UsageException("s3.bucket is not set: set it to the name of the bucket for exchange rates");
        }
        if (region == null) {
            throw new UsageException("aws.region is not set: set it to the region of the bucket, as in eu-central-1");
        }
        if (storageRole == null || !storageRole.matches(ROLE)) {
            throw new UsageException(
                    "infra.storage-role must be the ARN of the IAM role with which Snowflake reads the bucket, as in"
                            + " arn:aws:iam::123456789012:role/caravan-snowpipe; the role can be created later");
        }
        if (runRole != null && !runRole.matches(ROLE)) {
            throw new UsageException("infra.run-role must be the ARN of the role that Caravan runs as in AWS, as in"
                    + " arn:aws:iam::123456789012:role/caravan; leave it empty to create the roles yourself");
        }
        return this;
    }

    /** Returns whether Caravan runs on EC2, where a role needs an instance profile. */
    boolean onEc2() {
        return runService.startsWith("ec2.");
    }

    /** Returns the prefix of ARNs with the AWS partition, as in {@code arn:aws-cn}. */
    String arn() {
        return storageRole != null && storageRole.contains(":iam:")
                ? storageRole.substring(0, storageRole.indexOf(":iam:"))
                : "arn:"
                        + (region == null
                                ? "aws"
                                : PartitionMetadata.of(Region.of(region)).id());
    }

    /** Returns Snowflake's name of S3 in this partition: {@code S3}, {@code S3CHINA} or {@code S3GOV}. */
    String storageProvider() {
        return STORAGE.getOrDefault(arn(), "S3");
    }

    /** Returns the name of the view of one row per day, base and currency. */
    public String dailyView() {
        return RatesSchema.dailyView(rates.get(2));
    }

    /** Returns the schema of the table that Snowpipe loads into, as in SQL. */
    public String ratesSchema() {
        return SnowflakeNames.sql(rates.get(0), rates.get(1));
    }

    /** Returns the table that Snowpipe loads into, as in SQL. */
    public String ratesTable() {
        return SnowflakeNames.sql(rates.toArray(String[]::new));
    }

    /** Returns a name in that schema, as in SQL. */
    public String inRatesSchema(String name) {
        return SnowflakeNames.sql(rates.get(0), rates.get(1), name);
    }

    /** Returns the location of the files that Snowpipe loads, as in Snowflake. */
    public String location() {
        return storageProvider().toLowerCase(Locale.ROOT) + "://" + bucket + "/" + prefix;
    }
}
