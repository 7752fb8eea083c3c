package dev.caravan.operations.infra;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.snowflake.Snowflake;
import dev.caravan.warehouse.snowflake.SnowflakeNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The user that Caravan logs in as, with a key or a workload identity instead of a password.
 *
 * @param key its public key, or null
 * @param workloadRole the ARN of the AWS role of its workload identity, or null
 */
record ServiceUser(
        AccountConnection snowflake, String user, String role, String warehouse, PublicKeyText key, String workloadRole)
        implements Resource {

    private static final String PRIVILEGES = "CREATE USER on the account, as USERADMIN has";
    private static final String ALTER_PRIVILEGES = "OWNERSHIP of the user, as the role that created it has";

    @Override
    public String name() {
        return "user " + SnowflakeNames.sql(user);
    }

    @Override
    public Place place() {
        return Place.SNOWFLAKE;
    }

    @Override
    public Diff diff() {
        Map<String, String> found = snowflake.properties("DESC USER " + SnowflakeNames.sql(user));
        return found.isEmpty() ? create() : compare(found);
    }

    private Diff create() {
        List<String> options = new ArrayList<>(List.of(
                "TYPE = SERVICE",
                "DEFAULT_ROLE = " + SnowflakeNames.sql(role),
                "DEFAULT_WAREHOUSE = " + SnowflakeNames.sql(warehouse),
                "COMMENT = 'Loads data with Caravan'"));
        if (workloadRole != null) {
            options.add(workload());
        } else if (key != null) {
            options.add("RSA_PUBLIC_KEY = '" + key.base64() + "'");
        }
        return Diff.missing(
                canLogIn() ? "" : "it will have no key: " + keyHint(),
                snowflake.statement(
                        "CREATE USER IF NOT EXISTS " + SnowflakeNames.sql(user) + " " + String.join(" ", options),
                        PRIVILEGES));
    }

    private Diff compare(Map<String, String> found) {
        List<String> differences = new ArrayList<>();
        List<String> set = new ArrayList<>();
        if (!found.getOrDefault("TYPE", "").equalsIgnoreCase("SERVICE")) {
            differences.add("its type is not SERVICE");
            set.add("TYPE = SERVICE");
        }
        compare(found, "DEFAULT_ROLE", role, differences, set);
        compare(found, "DEFAULT_WAREHOUSE", warehouse, differences, set);
        if (workloadRole != null) {
            if (!found.getOrDefault("HAS_WORKLOAD_IDENTITY", "").equalsIgnoreCase("true")) {
                differences.add("it has no workload identity");
                set.add(workload());
            } else if (!identities().isEmpty() && !identities().contains(workloadRole)) {
                differences.add("its workload identity is " + String.join(", ", identities()) + ", expected "
                        + workloadRole + ": once it is not used any more, ALTER USER " + SnowflakeNames.sql(user)
                        + " SET "
                        + workload());
            }
        } else if (key != null) {
            compareKey(found, differences, set);
        } else if (found.getOrDefault("RSA_PUBLIC_KEY_FP", "").isEmpty()) {
            differences.add("it has no key: " + keyHint());
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
                                "ALTER USER " + SnowflakeNames.sql(user) + " SET " + String.join(" ", set),
                                ALTER_PRIVILEGES)));
    }

    /** Returns the ARNs of its workload identities; empty if they are not visible. */
    private List<String> identities() {
        try {
            return snowflake
                    .rows("SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS FOR USER " + SnowflakeNames.sql(user))
                    .stream()
                    .filter(row -> "AWS".equals(row.get("type")))
                    .map(row -> arn(row.getOrDefault("additional_info", "")))
                    .flatMap(Optional::stream)
                    .toList();
        } catch (PermanentException e) {
            return List.of();
        }
    }

    /** Parses Snowflake's JSON with the parts of an ARN. */
    private static Optional<String> arn(String details) {
        try {
            JsonNode json = new ObjectMapper().readTree(details);
            return json.hasNonNull("awsAccount") && json.hasNonNull("iamRole")
                    ? Optional.of("arn:" + json.path("awsPartition").asText("aws") + ":iam::"
                            + json.get("awsAccount").asText()
                            + (json.path("type").asText().equals("IAM_USER") ? ":user/" : ":role/")
                            + json.get("iamRole").asText())
                    : Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static void compare(
            Map<String, String> found, String property, String expected, List<String> differences, List<String> set) {
        String value = found.getOrDefault(property, "");
        if (!value.equals(expected)) {
            differences.add(property + " is " + (value.isEmpty() ? "not set" : value) + ", expected " + expected);
            set.add(property + " = " + SnowflakeNames.sql(expected));
        }
    }

    /** Compares the keys. An existing key stays: a user can have two, so that keys can be rotated. */
    private void compareKey(Map<String, String> found, List<String> differences, List<String> set) {
        String first = found.getOrDefault("RSA_PUBLIC_KEY_FP", "");
        String second = found.getOrDefault("RSA_PUBLIC_KEY_2_FP", "");
        if (first.equals(key.fingerprint()) || second.equals(key.fingerprint())) {
            return;
        }
        String expected = "expected the key " + key.fingerprint();
        if (first.isEmpty()) {
            differences.add("RSA_PUBLIC_KEY is not set, " + expected);
            set.add("RSA_PUBLIC_KEY = '" + key.base64() + "'");
        } else if (second.isEmpty()) {
            differences.add("its key is " + first + ", " + expected + " beside it");
            set.add("RSA_PUBLIC_KEY_2 = '" + key.base64() + "'");
        } else {
            differences.add("its keys are " + first + " and " + second + ", " + expected
                    + ": unset the one that is not used any more (ALTER USER " + SnowflakeNames.sql(user)
                    + " UNSET RSA_PUBLIC_KEY_2) and apply again");
        }
    }

    private boolean canLogIn() {
        return workloadRole != null || key != null;
    }

    private static String keyHint() {
        return "set infra.public-key to its public key, or infra.workload-role to the ARN of its AWS role";
    }

    private String workload() {
        return "WORKLOAD_IDENTITY = (TYPE = AWS ARN = " + Snowflake.literal(workloadRole) + ")";
    }
}
