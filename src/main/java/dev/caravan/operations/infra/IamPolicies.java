package dev.caravan.operations.infra;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The IAM policies that the roles need, for {@code infra plan --iam} and for the roles that apply creates. */
final class IamPolicies {

    private static final String VERSION = "2012-10-17";
    private static final String LATER = "(known after the first apply)";

    private final InfraSettings settings;
    /** The properties of the storage integration; empty before it exists. */
    private final Supplier<Map<String, String>> integration;

    IamPolicies(InfraSettings settings, Supplier<Map<String, String>> integration) {
        this.settings = settings;
        this.integration = integration;
    }

    /** Returns the policies by purpose. */
    Map<String, Object> documents() {
        Map<String, Object> documents = new LinkedHashMap<>();
        documents.put("caravan_role_policy", caravan());
        documents.put("caravan_role_trust_policy", machine());
        documents.put("storage_role_policy", storage());
        documents.put("storage_role_trust_policy", trust());
        documents.put("administrator_policy", administrator());
        return documents;
    }

    private String bucket() {
        return settings.arn() + ":s3:::" + settings.bucket();
    }

    private String objects() {
        return bucket() + "/" + settings.prefix() + "*";
    }

    private Object listing() {
        return statement(
                "List",
                List.of("s3:ListBucket"),
                bucket(),
                Map.of("StringLike", Map.of("s3:prefix", List.of(settings.prefix() + "*"))));
    }

    private List<String> secrets() {
        String each = settings.arn() + ":secretsmanager:" + settings.region() + ":*:secret:";
        // AWS adds a hyphen and six characters to a secret's name; a missing one is requested without them
        return settings.secrets().keySet().stream()
                .flatMap(secret -> Stream.of(each + secret, each + secret + "-??????"))
                .toList();
    }

    /** Returns the policy of the role that Caravan runs as. */
    Object caravan() {
        List<Object> statements = new ArrayList<>();
        statements.add(statement("Write", List.of("s3:PutObject"), objects(), null));
        statements.add(listing());
        statements.add(statement("Diagnose", List.of("s3:GetBucketNotification"), bucket(), null));
        statements.add(statement("Secrets", List.of("secretsmanager:GetSecretValue"), secrets(), null));
        encryption("kms:GenerateDataKey").ifPresent(statements::add);
        return policy(statements);
    }

    /** Returns the policy of the storage integration's role. */
    Object storage() {
        List<Object> statements = new ArrayList<>();
        statements.add(statement("Read", List.of("s3:GetObject", "s3:GetObjectVersion"), objects(), null));
        statements.add(statement("Locate", List.of("s3:GetBucketLocation"), bucket(), null));
        statements.add(listing());
        encryption("kms:Decrypt").ifPresent(statements::add);
        return policy(statements);
    }

    /** Returns the statement for the configured key; S3's own key needs none. An alias needs a condition. */
    private Optional<Object> encryption(String action) {
        String key = settings.kmsKey();
        if (key == null || key.contains(":key/")) {
            return Optional.ofNullable(key).map(arn -> statement("Encryption", List.of(action), arn, null));
        }
        String alias = key.startsWith("arn:") ? key.substring(key.indexOf(":alias/") + 1) : key;
        String keys = settings.arn() + ":kms:" + settings.region() + ":*:key/";
        return Optional.of(
                alias.startsWith("alias/")
                        ? statement(
                                "Encryption",
                                List.of(action),
                                keys + "*",
                                Map.of("ForAnyValue:StringEquals", Map.of("kms:ResourceAliases", alias)))
                        : statement("Encryption", List.of(action), keys + key, null));
    }

    /** Returns the trust policy of Caravan's role. */
    Object machine() {
        return trust("Machine", Map.of("Service", settings.runService()), null);
    }

    /** Returns the trust policy of the storage integration's role. */
    Object trust() {
        Map<String, String> known = integration.get();
        return trust(
                "Snowflake",
                Map.of("AWS", known.getOrDefault("STORAGE_AWS_IAM_USER_ARN", LATER)),
                Map.of("StringEquals", Map.of("sts:ExternalId", known.getOrDefault("STORAGE_AWS_EXTERNAL_ID", LATER))));
    }

    private static Object trust(String id, Object principal, Object condition) {
        Map<String, Object> statement = new LinkedHashMap<>();
        statement.put("Sid", id);
        statement.put("Effect", "Allow");
        statement.put("Principal", principal);
        statement.put("Action", "sts:AssumeRole");
        if (condition != null) {
            statement.put("Condition", condition);
        }
        return policy(List.of(statement));
    }

    /** Returns the policy of the administrator who runs apply. */
    private Object administrator() {
        List<Object> statements = new ArrayList<>();
        statements.add(statement(
                "Bucket",
                List.of("s3:CreateBucket", "s3:ListBucket", "s3:GetBucketNotification", "s3:PutBucketNotification"),
                bucket(),
                null));
        statements.add(statement(
                "Secrets", List.of("secretsmanager:DescribeSecret", "secretsmanager:CreateSecret"), secrets(), null));
        if (settings.runRole() != null) {
            statements.add(statement(
                    "Roles",
                    List.of("iam:GetRole", "iam:CreateRole", "iam:GetRolePolicy", "iam:PutRolePolicy"),
                    List.of(settings.runRole(), settings.storageRole()),
                    null));
            if (settings.onEc2()) {
                statements.add(statement(
                        "InstanceProfile",
                        List.of("iam:GetInstanceProfile", "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"),
                        settings.runRole().replaceFirst(":role/", ":instance-profile/"),
                        null));
                statements.add(statement("PassRole", List.of("iam:PassRole"), settings.runRole(), null));
            }
        }
        return policy(statements);
    }

    private static Object policy(List<Object> statements) {
        Map<String, Object> policy = new LinkedHashMap<>();
        policy.put("Version", VERSION);
        policy.put("Statement", statements);
        return policy;
    }

    private static Object statement(String id, List<String> actions, Object resource, Object condition) {
        Map<String, Object> statement = new LinkedHashMap<>();
        statement.put("Sid", id);
        statement.put("Effect", "Allow");
        statement.put("Action", actions);
        statement.put("Resource", resource);
        if (condition != null) {
            statement.put("Condition", condition);
        }
        return statement;
    }
}
