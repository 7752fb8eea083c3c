package dev.caravan.secrets;

import dev.caravan.aws.AwsFailure;
import dev.caravan.run.UsageException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** Turns failures to read a secret into exceptions whose message says what to do. */
final class SecretFailure {

    private static final String ACTION = "secretsmanager:GetSecretValue";

    private SecretFailure() {}

    /** Names a secret or field as the subject of a sentence. */
    static String place(String secret, String field) {
        return field == null ? "AWS secret " + secret : "Field " + field + " of AWS secret " + secret;
    }

    /**
     * Returns the exception for a failed request.
     *
     * @param field the field of the secret, or null
     */
    static RuntimeException of(String secret, String field, SdkException failure) {
        String problem = place(secret, field) + " cannot be read";
        String code = failure instanceof AwsServiceException answer ? AwsFailure.code(answer) : "";
        String message = String.valueOf(failure.getMessage());
        if (code.equals("DecryptionFailure") || (code.equals("AccessDeniedException") && message.contains("KMS"))) {
            return new UsageException(
                    problem
                            + ": the credentials need the IAM action kms:Decrypt on the key that encrypts it, and the key"
                            + " must be enabled (" + code + ").",
                    failure);
        }
        if (code.equals("ResourceNotFoundException")) {
            return new NoValueException(
                    problem
                            + (message.contains("staging label")
                                    ? ": the secret has no value yet. Store one with aws secretsmanager put-secret-value"
                                            + " --secret-id " + secret + "."
                                    : ": the secret does not exist in this account and region. Check its name and"
                                            + " aws.region, or create it with caravan infra apply; the IAM action "
                                            + ACTION
                                            + " is needed."),
                    failure);
        }
        if (code.equals("InvalidRequestException") && message.contains("marked for deletion")) {
            return new UsageException(
                    problem + ": the secret is marked for deletion. Restore it with aws secretsmanager restore-secret"
                            + " --secret-id " + secret + ".",
                    failure);
        }
        RuntimeException explained = AwsFailure.of(problem, ACTION, failure);
        return AwsFailure.isNotSetUp(failure) ? new NoValueException(explained.getMessage(), failure) : explained;
    }
}
