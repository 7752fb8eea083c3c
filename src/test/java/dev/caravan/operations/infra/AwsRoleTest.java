package dev.caravan.operations.infra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.run.UsageException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The roles in AWS that apply makes: with the real SDK, against doubles of IAM and STS. */
class AwsRoleTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TRUST =
            "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":[\"sts:AssumeRole\"],"
                    + "\"Principal\":{\"Service\":[\"ec2.amazonaws.com\"]}}}";

    private final Accounts accounts = new Accounts();
    private final IamServer iam = accounts.iam;
    private final Map<String, String> properties = accounts.properties;

    @BeforeEach
    void name() {
        properties.put("infra.run-role", "arn:aws:iam::123456789012:role/team/caravan");
    }

    @AfterEach
    void stop() {
        accounts.close();
    }

    private List<ResourceStatus> plan() {
        try (Infrastructure infrastructure = Infrastructure.open(accounts.settings())) {
            return infrastructure.plan();
        }
    }

    private ResourceStatus planned(String resource) {
        return status(plan(), resource);
    }

    private static ResourceStatus status(List<ResourceStatus> statuses, String resource) {
        return statuses.stream()
                .filter(status -> status.resource().equals(resource))
                .findFirst()
                .orElseThrow();
    }

    private JsonNode printed(String document) {
        try (Infrastructure infrastructure = Infrastructure.open(accounts.settings())) {
            return JSON.valueToTree(infrastructure.policies().get(document));
        }
    }

    @Test
    void bothRolesAreMadeWithThePoliciesThatArePrinted() throws Exception {
        assertThat(planned("AWS role caravan").changes())
                .containsExactly(
                        "create the AWS role caravan",
                        "give it caravan_role_policy as the inline policy caravan",
                        "create the instance profile caravan",
                        "add the role to the instance profile caravan");
        assertThat(planned("AWS role caravan-snowpipe").remark()).startsWith("waits for the storage integration");
        assertThat(iam.changes()).isEmpty();

        List<ResourceStatus> applied = accounts.apply();

        assertThat(applied).extracting(ResourceStatus::state).containsOnly(ResourceState.CREATED);
        assertThat(JSON.readTree(iam.trust("caravan"))).isEqualTo(printed("caravan_role_trust_policy"));
        assertThat(JSON.readTree(iam.policy("caravan", "caravan"))).isEqualTo(printed("caravan_role_policy"));
        assertThat(iam.profiles()).isEqualTo(Map.of("caravan", "caravan"));
        assertThat(JSON.readTree(iam.trust("caravan-snowpipe"))).isEqualTo(printed("storage_role_trust_policy"));
        assertThat(iam.trust("caravan-snowpipe")).contains("ACME_SFCRole");
        assertThat(JSON.readTree(iam.policy("caravan-snowpipe", "caravan"))).isEqualTo(printed("storage_role_policy"));
        // Snowflake makes the pipe only if it may take the role
        assertThat(applied.indexOf(status(applied, "AWS role caravan-snowpipe")))
                .isLessThan(applied.indexOf(status(applied, "pipe SNOWPIPE.OPEN_EXCHANGE_RATES.EXCHANGE_RATES_PIPE")));

        int changes = iam.changes().size();
        assertThat(accounts.apply()).extracting(ResourceStatus::state).containsOnly(ResourceState.OK);
        assertThat(iam.changes()).hasSize(changes);
    }

    @Test
    void withoutTheSettingIamIsNotAsked() {
        properties.remove("infra.run-role");
        iam.deny("GetRole");

        assertThat(accounts.apply()).extracting(ResourceStatus::state).containsOnly(ResourceState.CREATED);
        assertThat(iam.trust("caravan-snowpipe")).isNull();
    }

    @Test
    void aContainerNeedsNoInstanceProfile() {
        properties.put("infra.run-service", "ecs-tasks.amazonaws.com");

        accounts.apply();

        assertThat(iam.trust("caravan")).contains("ecs-tasks.amazonaws.com");
        assertThat(iam.profiles()).isEmpty();
    }

    /** One that others made gets what it lacks; what they wrote stays, and may say more than is needed. */
    @Test
    void aRoleThatExistsIsComparedAndNotOverwritten() {
        properties.put("infra.run-role", "arn:aws:iam::123456789012:role/caravan");
        iam.role("caravan", TRUST, Map.of());

        assertThat(status(accounts.apply(), "AWS role caravan").state()).isEqualTo(ResourceState.CHANGED);
        assertThat(iam.changes())
                .contains("PutRolePolicy caravan", "AddRoleToInstanceProfile caravan")
                .doesNotContain("CreateRole caravan");
        assertThat(iam.trust("caravan")).isEqualTo(TRUST);

        String wider = iam.policy("caravan", "caravan")
                .replace(
                        "\"Statement\":[",
                        "\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:*\",\"Resource\":\"*\"},");
        iam.role("caravan", TRUST.replace("{\"Effect", "{\"Sid\":\"Mine\",\"Effect"), Map.of("caravan", wider));
        assertThat(planned("AWS role caravan").state()).isEqualTo(ResourceState.OK);

        iam.role(
                "caravan",
                TRUST.replace("ec2.", "lambda."),
                Map.of("caravan", wider.replace("s3:PutObject", "s3:GetObject")));
        int changes = iam.changes().size();
        ResourceStatus role = status(accounts.apply(), "AWS role caravan");
        assertThat(role.state()).isEqualTo(ResourceState.DIFFERENT);
        assertThat(role.remark())
                .contains("its trust policy lacks what infra plan --iam prints as caravan_role_trust_policy")
                .contains("aws iam update-assume-role-policy --role-name caravan")
                .contains("its policy caravan lacks what infra plan --iam prints as caravan_role_policy")
                .contains("aws iam put-role-policy --role-name caravan --policy-name caravan");
        assertThat(iam.changes()).hasSize(changes);
    }

    @Test
    void aRoleOfAnotherAccountOrPathIsNotMade() {
        properties.put("infra.run-role", "arn:aws:iam::999999999999:role/caravan");
        ResourceStatus role = status(accounts.apply(), "AWS role caravan");
        assertThat(role.state()).isEqualTo(ResourceState.MISSING);
        assertThat(role.remark()).contains("the credentials belong to account 123456789012, not to 999999999999");
        assertThat(iam.trust("caravan")).isNull();

        iam.role("caravan", TRUST, Map.of());
        role = status(accounts.apply(), "AWS role caravan");
        assertThat(role.state()).isEqualTo(ResourceState.DIFFERENT);
        assertThat(role.remark())
                .contains("its ARN is arn:aws:iam::123456789012:role/caravan, expected arn:aws:iam::9");
        assertThat(iam.policy("caravan", "caravan")).isNull();
    }

    @Test
    void aMissingPermissionIsNamedAndTheAdministratorsPolicyHasIt() {
        iam.deny("CreateRole");

        ResourceStatus role = status(accounts.apply(), "AWS role caravan");

        assertThat(role.state()).isEqualTo(ResourceState.FAILED);
        assertThat(role.remark()).contains("the credentials lack the IAM action iam:CreateRole");
        assertThat(printed("administrator_policy").toString())
                .contains(
                        "iam:CreateRole",
                        "iam:PutRolePolicy",
                        "iam:PassRole",
                        "arn:aws:iam::123456789012:role/team/caravan",
                        "arn:aws:iam::123456789012:instance-profile/team/caravan");
        properties.remove("infra.run-role");
        assertThat(printed("administrator_policy").toString()).doesNotContain("iam:");
    }

    @Test
    void theSettingIsAnArn() {
        properties.put("infra.run-role", "caravan");
        assertThatThrownBy(() -> Infrastructure.open(accounts.settings()))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("infra.run-role must be the ARN");
    }
}
