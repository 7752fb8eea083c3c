package dev.caravan.operations.infra;

import dev.caravan.run.PermanentException;
import java.util.function.Supplier;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.DescribeSecretResponse;

/**
 * A secret of AWS, created without a value.
 *
 * @param fields the fields of its JSON object
 */
record SecretContainer(Supplier<SecretsManagerClient> secrets, String secret, String fields) implements Resource {

    @Override
    public String name() {
        return "secret " + secret;
    }

    @Override
    public Place place() {
        return Place.AWS;
    }

    @Override
    public Diff diff() {
        DescribeSecretResponse found;
        try {
            found = Aws.call("Cannot inspect AWS secret " + secret, "secretsmanager:DescribeSecret", () -> secrets.get()
                    .describeSecret(request -> request.secretId(secret)));
        } catch (PermanentException e) {
            if (Aws.isMissing(e)) {
                return Diff.missing(Aws.change(
                        "create the secret " + secret + " without a value",
                        "Cannot create AWS secret " + secret,
                        "secretsmanager:CreateSecret",
                        this::create));
            }
            throw e;
        }
        if (found.deletedDate() != null) {
            return Diff.byHand("it is marked for deletion: aws secretsmanager restore-secret --secret-id " + secret);
        }
        return found.hasVersionIdsToStages() && !found.versionIdsToStages().isEmpty()
                ? Diff.ok()
                : Diff.ok("has no value yet: store a JSON object with " + fields);
    }

    private Object create() {
        return secrets.get().createSecret(request -> request.name(secret)
                .description("Caravan: a JSON object with the fields " + fields));
    }
}
