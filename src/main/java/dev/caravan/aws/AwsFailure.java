package dev.caravan.aws;

import dev.caravan.run.PermanentException;
import dev.caravan.run.Proxies;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** Turns failures of AWS into exceptions whose message says what to do. */
public final class AwsFailure {

    private static final Set<String> CREDENTIALS = Set.of(
            "AuthFailure",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidSignatureException",
            "InvalidToken",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "RequestTimeTooSkewed",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException");

    /** The denied action in AWS's message. It can differ from the one that was called: a write can need a key. */
    private static final Pattern DENIED_ACTION = Pattern.compile("not authorized to perform: ([\\w-]+:\\w+)");

    /** Transient errors that have another status. */
    private static final Set<String> TRANSIENT = Set.of("RequestTimeout", "RequestTimeoutException");

    private AwsFailure() {}

    /**
     * Returns the exception for a failure: a {@link UsageException} if settings, credentials or permissions fix it, a
     * {@link TransientException} if a retry can succeed, else a {@link PermanentException}.
     *
     * @param problem what failed, as the beginning of a sentence
     * @param action the IAM action that it needs, such as {@code s3:PutObject}
     */
    public static RuntimeException of(String problem, String action, SdkException failure) {
        if (!(failure instanceof AwsServiceException answer)) {
            return clientFailure(problem, action, failure);
        }
        String code = code(answer);
        if (isAboutCredentials(answer)) {
            return new UsageException(
                    problem + ": AWS rejected the credentials (" + code
                            + "). Check the access key, that it has not expired, and the clock of this machine.",
                    failure);
        }
        int status = answer.statusCode();
        if (status >= 500
                || status == 408
                || status == 409
                || status == 429
                || answer.isThrottlingException()
                || TRANSIENT.contains(code)) {
            return new TransientException(problem + ": AWS returned " + code + ". Retry later.", failure);
        }
        if (isDenied(answer)) {
            String denied = DENIED_ACTION
                    .matcher(String.valueOf(answer.getMessage()))
                    .results()
                    .map(found -> found.group(1))
                    .findFirst()
                    .orElse(action);
            return new UsageException(
                    problem + ": the credentials lack the IAM action " + denied
                            + (denied.startsWith("kms:") ? " on the key that encrypts it (" : " on it (") + code + ").",
                    failure);
        }
        return new PermanentException(problem + ": AWS rejected the request (" + code + ").", failure);
    }

    /** Returns whether AWS accepts the credentials, but denies the action. */
    public static boolean isDenied(SdkException failure) {
        return failure instanceof AwsServiceException answer
                && !isAboutCredentials(answer)
                && (answer.statusCode() == 403
                        || code(answer).startsWith("AccessDenied")
                        // a secret whose key is not allowed
                        || code(answer).equals("DecryptionFailure"));
    }

    /** Returns whether credentials are missing or rejected. */
    public static boolean isAboutCredentials(SdkException failure) {
        return failure instanceof AwsServiceException answer
                ? CREDENTIALS.contains(code(answer))
                : message(failure).contains("credentials");
    }

    /** Returns AWS's error code, or the HTTP status. */
    public static String code(AwsServiceException answer) {
        return answer.awsErrorDetails() == null || answer.awsErrorDetails().errorCode() == null
                ? "HTTP status " + answer.statusCode()
                : answer.awsErrorDetails().errorCode();
    }

    /** Returns the exception for a failure of the client; the SDK has no types for these, only messages. */
    private static RuntimeException clientFailure(String problem, String action, SdkException failure) {
        if (isAboutRegion(failure)) {
            return new UsageException(
                    problem + ": no AWS region is set. Set aws.region, or the environment variable" + " AWS_REGION.",
                    failure);
        }
        if (isAboutCredentials(failure)) {
            return new UsageException(
                    problem + ": no AWS credentials were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or"
                            + " AWS_PROFILE, or run where a role is attached; they need the IAM action " + action + ".",
                    failure);
        }
        return new TransientException(
                problem
                        + ": AWS does not respond. Check the network, aws.region, and the endpoint if one is set; the IAM"
                        + " action " + action + " is needed." + Proxies.hint("https://amazonaws.com"),
                failure);
    }

    /** Returns whether this machine has no credentials or region for AWS, so that AWS is not in use. */
    public static boolean isNotSetUp(SdkException failure) {
        return !(failure instanceof AwsServiceException) && (isAboutRegion(failure) || isAboutCredentials(failure));
    }

    private static boolean isAboutRegion(SdkException failure) {
        return message(failure).contains("unable to load region");
    }

    private static String message(SdkException failure) {
        return String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
    }
}
