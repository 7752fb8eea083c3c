package dev.caravan.operations.infra;

import dev.caravan.warehouse.snowflake.Snowflake;
import dev.caravan.warehouse.snowflake.SnowflakeNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Snowflake's access to the bucket: with an IAM role, limited to allowed locations.
 *
 * @param role the ARN of the IAM role
 * @param provider {@code S3}, {@code S3CHINA} or {@code S3GOV}
 * @param location as in {@code s3://bucket/prefix/}
 */
record StorageIntegration(
        AccountConnection snowflake, String integration, String role, String provider, String location)
        implements Resource {

    private static final String PRIVILEGES = "CREATE INTEGRATION on the account, as ACCOUNTADMIN has";

    @Override
    public String name() {
        return "storage integration " + SnowflakeNames.sql(integration);
    }

    @Override
    public Place place() {
        return Place.SNOWFLAKE;
    }

    /** Returns its properties; empty if it does not exist. */
    Map<String, String> properties() {
        return snowflake.properties("DESC INTEGRATION " + SnowflakeNames.sql(integration));
    }

    @Override
    public Diff diff() {
        Map<String, String> found = properties();
        if (found.isEmpty()) {
            return Diff.missing(snowflake.statement(
                    "CREATE STORAGE INTEGRATION IF NOT EXISTS " + SnowflakeNames.sql(integration)
                            + " TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = " + Snowflake.literal(provider)
                            + " ENABLED = TRUE STORAGE_AWS_ROLE_ARN = "
                            + Snowflake.literal(role) + " STORAGE_ALLOWED_LOCATIONS = (" + Snowflake.literal(location)
                            + ")",
                    PRIVILEGES));
        }
        List<String> differences = new ArrayList<>();
        List<String> set = new ArrayList<>();
        String foundProvider = found.getOrDefault("STORAGE_PROVIDER", provider);
        if (!foundProvider.equals(provider)) {
            differences.add("STORAGE_PROVIDER is " + foundProvider + ", expected " + provider
                    + ": set infra.integration to another name, or drop this one, then apply again");
        }
        if (!found.getOrDefault("ENABLED", "").equalsIgnoreCase("true")) {
            differences.add("it is not enabled");
            set.add("ENABLED = TRUE");
        }
        String foundRole = found.getOrDefault("STORAGE_AWS_ROLE_ARN", "");
        if (!foundRole.equals(role)) {
            differences.add("STORAGE_AWS_ROLE_ARN is " + foundRole + ", expected " + role);
            set.add("STORAGE_AWS_ROLE_ARN = " + Snowflake.literal(role));
        }
        Set<String> locations = Arrays.stream(
                        found.getOrDefault("STORAGE_ALLOWED_LOCATIONS", "").split(","))
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .collect(Collectors.toCollection(LinkedHashSet::new));
        if (locations.stream().noneMatch(allowed -> allowed.equals("*") || location.startsWith(allowed))) {
            differences.add(location + " is not allowed");
            // other locations stay
            locations.add(location);
            set.add("STORAGE_ALLOWED_LOCATIONS = ("
                    + locations.stream().map(Snowflake::literal).collect(Collectors.joining(", ")) + ")");
        }
        if (differences.isEmpty()) {
            return Diff.ok();
        }
        String remark = String.join("; ", differences);
        return set.isEmpty()
                ? Diff.byHand(remark)
                : Diff.different(
                        remark,
                        List.of(snowflake.statement(
                                "ALTER STORAGE INTEGRATION " + SnowflakeNames.sql(integration) + " SET "
                                        + String.join(" ", set),
                                "OWNERSHIP of the integration, as ACCOUNTADMIN mostly has")));
    }
}
