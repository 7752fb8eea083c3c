package dev.caravan.operations.infra;

import dev.caravan.run.PermanentException;
import java.util.function.Supplier;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.DescribeSecretResponse;

/**
 * A secret of AWS, without its value: that is for those to put in who know it.
 *
 * @param fields the fields of the JSON object that it will hold
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
            found = Aws.call(
                    "AWS secret " + secret + " cannot be looked at",
                    "secretsmanager:DescribeSecret",
                    () -> secrets.get().describeSecret(request -> request.secretId(secret)));
        } catch (PermanentException e) {
            if (Aws.isMissing(e)) {
                return Diff.missing(Aws.change(
                        "create the secret " + secret + " without a value",
                        "AWS secret " + secret + " cannot be created",
                        "secretsmanager:CreateSecret",
                        this::create));
            }
            throw e;
        }
        if (found.deletedDate() != null) {
            return Diff.byHand("it is about to be deleted: aws secretsmanager restore-secret --secret-id " + secret);
        }
        return found.hasVersionIdsToStages() && !found.versionIdsToStages().isEmpty()
                ? Diff.ok()
                : Diff.ok("has no value yet: put in a JSON object with " + fields);
    }

    private Object create() {
        return secrets.get().createSecret(request -> request.name(secret)
                .description("Caravan: a JSON object with the fields " + fields));
    }
}
