package dev.caravan.secrets;

import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.util.Locale;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** Why a secret cannot be read, as a sentence that says what to do. */
final class SecretFailure {

    private static final Set<String> CREDENTIALS = Set.of(
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "SignatureDoesNotMatch",
            "ExpiredToken",
            "ExpiredTokenException",
            "OptInRequired");

    private SecretFailure() {}

    /** What is wanted, as the subject of a sentence. */
    static String place(String secret, String field) {
        return field == null ? "AWS secret " + secret : "Field " + field + " of AWS secret " + secret;
    }

    /**
     * The exception for a failed request.
     *
     * @param place what was wanted, as {@link #place} gives it
     */
    static RuntimeException of(String place, String secret, SdkException failure) {
        return failure instanceof AwsServiceException answer && answer.awsErrorDetails() != null
                ? refused(place, secret, answer, answer.awsErrorDetails())
                : unanswered(place, failure);
    }

    private static RuntimeException refused(
            String place, String secret, AwsServiceException answer, AwsErrorDetails details) {
        String code = details.errorCode() == null ? "HTTP status " + answer.statusCode() : details.errorCode();
        String message = details.errorMessage() == null ? "" : details.errorMessage();
        String problem = place + " cannot be read: ";
        if (CREDENTIALS.contains(code)) {
            return new UsageException(
                    problem + "AWS does not accept the credentials (" + code
                            + "). Check the access key, that it has not" + " expired, and the clock of this machine.",
                    answer);
        }
        return switch (code) {
            case "ResourceNotFoundException" ->
                new UsageException(
                        message.contains("staging label")
                                ? problem + "the secret has no value yet. Store one with aws secretsmanager"
                                        + " put-secret-value --secret-id " + secret + "."
                                : problem + "there is no such secret in this account and region. Check its name and"
                                        + " aws.region, or create it with caravan infra apply.",
                        answer);
            case "InvalidRequestException" ->
                new UsageException(
                        message.contains("marked for deletion")
                                ? problem + "the secret is marked for deletion. Restore it with aws secretsmanager"
                                        + " restore-secret --secret-id " + secret + "."
                                : problem + "AWS refused the request (" + code + "). Check the secret.",
                        answer);
            case "AccessDeniedException" ->
                message.contains("KMS")
                        ? keyRefused(problem, code, answer)
                        : new UsageException(
                                problem + "its reader needs the IAM action secretsmanager:GetSecretValue on it"
                                        + " (AccessDeniedException).",
                                answer);
            case "DecryptionFailure" -> keyRefused(problem, code, answer);
            case "InvalidParameterException", "ValidationException" ->
                new UsageException(
                        problem + "AWS takes " + secret + " for no name of a secret (" + code + ").", answer);
            default -> new TransientException(problem + "AWS answered " + code + ". Try again in a while.", answer);
        };
    }

    private static UsageException keyRefused(String problem, String code, AwsServiceException answer) {
        return new UsageException(
                problem
                        + "its reader needs the IAM action kms:Decrypt on the key that encrypts it, and the key has to be"
                        + " enabled (" + code + ").",
                answer);
    }

    /** The SDK has no types for these: what it says is all there is. */
    private static RuntimeException unanswered(String place, SdkException failure) {
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        String problem = place + " cannot be read: ";
        if (message.contains("unable to load region")) {
            return new UsageException(
                    problem + "it is not known in which AWS region it is. Set aws.region, or the environment variable"
                            + " AWS_REGION.",
                    failure);
        }
        if (message.contains("credentials")) {
            return new UsageException(
                    problem + "there are no usable AWS credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or"
                            + " AWS_PROFILE, or run where a role is attached; it needs the IAM action"
                            + " secretsmanager:GetSecretValue.",
                    failure);
        }
        return new TransientException(
                problem + "AWS Secrets Manager does not answer. Check the network, aws.region and aws.endpoint.",
                failure);
    }
}
