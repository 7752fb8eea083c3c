package dev.caravan.operations.infra;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.caravan.run.PermanentException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.services.iam.model.InstanceProfile;
import software.amazon.awssdk.services.iam.model.Role;

/**
 * A role in IAM, with its permissions in an inline policy. What an existing role lacks is added; its trust policy and an
 * existing inline policy are never overwritten.
 *
 * @param arn its ARN, with its account and path
 * @param documents the prefix of its documents in {@code infra plan --iam}
 * @param trust its trust policy; empty while not known
 * @param permissions its permissions
 * @param instanceProfile whether EC2 instances use it, through an instance profile of the same name
 */
record AwsRole(
        AwsClients aws,
        String arn,
        String documents,
        Supplier<Optional<Object>> trust,
        Supplier<Object> permissions,
        boolean instanceProfile)
        implements Resource {

    /** The name of the inline policy. */
    private static final String POLICY = "caravan";

    private static final ObjectMapper JSON = new ObjectMapper();

    @Override
    public String name() {
        return "AWS role " + role();
    }

    @Override
    public Place place() {
        return Place.AWS;
    }

    private String role() {
        return arn.substring(arn.lastIndexOf('/') + 1);
    }

    private String path() {
        return arn.substring(arn.indexOf('/'), arn.lastIndexOf('/') + 1);
    }

    private String account() {
        return arn.replaceFirst("^.*::(\\d+):.*$", "$1");
    }

    @Override
    public Diff diff() {
        Optional<Role> found = find("Cannot inspect AWS role " + role(), "iam:GetRole", () -> aws.iam()
                .getRole(request -> request.roleName(role()))
                .role());
        return found.isPresent() ? compare(found.get()) : absent();
    }

    private Diff absent() {
        String caller =
                Aws.call("Cannot determine the account of the AWS credentials", "sts:GetCallerIdentity", () -> aws.sts()
                        .getCallerIdentity()
                        .account());
        if (!caller.equals(account())) {
            return new Diff(
                    ResourceState.MISSING,
                    "the credentials belong to account " + caller + ", not to " + account()
                            + ": use those of the role's account, or correct the ARN",
                    List.of());
        }
        Optional<Object> trusted = trust.get();
        if (trusted.isEmpty()) {
            return new Diff(
                    ResourceState.MISSING,
                    "waits for the storage integration, which names the principal to trust",
                    List.of());
        }
        List<Change> changes = new ArrayList<>();
        changes.add(change("create the AWS role " + role(), "iam:CreateRole", () -> aws.iam()
                .createRole(request -> request.roleName(role())
                        .path(path())
                        .description("Created by caravan infra apply")
                        .assumeRolePolicyDocument(json(trusted.get())))));
        changes.add(putPolicy());
        profile(changes, new ArrayList<>());
        return Diff.missing(changes.toArray(Change[]::new));
    }

    private Diff compare(Role found) {
        if (!found.arn().equals(arn)) {
            return Diff.byHand("its ARN is " + found.arn() + ", expected " + arn
                    + ": use credentials of that account, or correct the setting");
        }
        List<Change> changes = new ArrayList<>();
        List<String> remarks = new ArrayList<>();
        Optional<Object> trusted = trust.get();
        if (trusted.isPresent() && !covers(found.assumeRolePolicyDocument(), trusted.get())) {
            remarks.add("its trust policy lacks what infra plan --iam prints as " + documents
                    + "_trust_policy: aws iam update-assume-role-policy --role-name " + role());
        }
        Optional<String> policy =
                find("Cannot inspect the policy of AWS role " + role(), "iam:GetRolePolicy", () -> aws.iam()
                        .getRolePolicy(request -> request.roleName(role()).policyName(POLICY))
                        .policyDocument());
        if (policy.isEmpty()) {
            remarks.add("lacks the policy " + POLICY);
            changes.add(putPolicy());
        } else if (!covers(policy.get(), permissions.get())) {
            remarks.add("its policy " + POLICY + " lacks what infra plan --iam prints as " + documents
                    + "_policy: aws iam put-role-policy --role-name " + role() + " --policy-name " + POLICY);
        }
        profile(changes, remarks);
        if (remarks.isEmpty()) {
            return trusted.isPresent()
                    ? Diff.ok()
                    : Diff.ok("its trust policy is compared once the storage integration exists");
        }
        return Diff.different(String.join("; ", remarks), changes);
    }

    private void profile(List<Change> changes, List<String> remarks) {
        if (!instanceProfile) {
            return;
        }
        Optional<InstanceProfile> found =
                find("Cannot inspect instance profile " + role(), "iam:GetInstanceProfile", () -> aws.iam()
                        .getInstanceProfile(request -> request.instanceProfileName(role()))
                        .instanceProfile());
        List<Role> roles = found.map(InstanceProfile::roles).orElse(List.of());
        if (roles.stream().anyMatch(each -> each.arn().equals(arn))) {
            return;
        }
        if (!roles.isEmpty()) { // it can have only one role
            remarks.add("the instance profile " + role() + " has the role "
                    + roles.get(0).roleName() + ": remove that one, or give the machine another profile");
            return;
        }
        remarks.add("lacks its instance profile");
        if (found.isEmpty()) {
            changes.add(change("create the instance profile " + role(), "iam:CreateInstanceProfile", () -> aws.iam()
                    .createInstanceProfile(
                            request -> request.instanceProfileName(role()).path(path()))));
        }
        changes.add(
                change("add the role to the instance profile " + role(), "iam:AddRoleToInstanceProfile", () -> aws.iam()
                        .addRoleToInstanceProfile(
                                request -> request.instanceProfileName(role()).roleName(role()))));
    }

    private Change putPolicy() {
        return change(
                "give it " + documents + "_policy as the inline policy " + POLICY, "iam:PutRolePolicy", () -> aws.iam()
                        .putRolePolicy(request ->
                                request.roleName(role()).policyName(POLICY).policyDocument(json(permissions.get()))));
    }

    private Change change(String text, String action, Supplier<?> call) {
        return Aws.change(text, "Cannot set up AWS role " + role(), action, call);
    }

    private static <T> Optional<T> find(String problem, String action, Supplier<T> call) {
        try {
            return Optional.of(Aws.call(problem, action, call));
        } catch (PermanentException e) {
            if (Aws.isMissing(e)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Returns whether a document, which IAM URL-encodes, covers another one. */
    private static boolean covers(String found, Object expected) {
        try {
            return PolicyText.covers(
                    JSON.readTree(URLDecoder.decode(found, StandardCharsets.UTF_8)), JSON.valueToTree(expected));
        } catch (JsonProcessingException | IllegalArgumentException e) {
            return false;
        }
    }

    private static String json(Object document) {
        try {
            return JSON.writeValueAsString(document);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
