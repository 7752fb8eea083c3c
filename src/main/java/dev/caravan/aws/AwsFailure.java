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

/** Why AWS did not do what it was asked for, as a sentence that says what to do. */
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

    /** How AWS names what is not allowed, which need not be the action that was asked for: a write may take a key. */
    private static final Pattern DENIED_ACTION = Pattern.compile("not authorized to perform: ([\\w-]+:\\w+)");

    /** Those that say so without a status that does. */
    private static final Set<String> PASSING = Set.of("RequestTimeout", "RequestTimeoutException");

    private AwsFailure() {}

    /**
     * The exception for a failure: a {@link UsageException} for what settings, credentials or permissions fix, a
     * {@link TransientException} for what may pass, a {@link PermanentException} for everything else.
     *
     * @param problem what cannot be done, as the beginning of a sentence
     * @param action the IAM action that it needs, such as {@code s3:PutObject}
     */
    public static RuntimeException of(String problem, String action, SdkException failure) {
        if (!(failure instanceof AwsServiceException answer)) {
            return unanswered(problem, action, failure);
        }
        String code = code(answer);
        if (isAboutCredentials(answer)) {
            return new UsageException(
                    problem + ": AWS does not accept the credentials (" + code
                            + "). Check the access key, that it has not expired, and the clock of this machine.",
                    failure);
        }
        int status = answer.statusCode();
        if (status >= 500
                || status == 408
                || status == 409
                || status == 429
                || answer.isThrottlingException()
                || PASSING.contains(code)) {
            return new TransientException(problem + ": AWS answered " + code + ". Try again in a while.", failure);
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
        return new PermanentException(problem + ": AWS refused it (" + code + ").", failure);
    }

    /** Whether AWS knows the caller, and does not allow what it asks for. */
    public static boolean isDenied(SdkException failure) {
        return failure instanceof AwsServiceException answer
                && !isAboutCredentials(answer)
                && (answer.statusCode() == 403
                        || code(answer).startsWith("AccessDenied")
                        // of a secret whose key may not be used
                        || code(answer).equals("DecryptionFailure"));
    }

    /** Whether there are no credentials, or AWS does not accept them. */
    public static boolean isAboutCredentials(SdkException failure) {
        return failure instanceof AwsServiceException answer
                ? CREDENTIALS.contains(code(answer))
                : message(failure).contains("credentials");
    }

    /** What AWS calls the failure. */
    public static String code(AwsServiceException answer) {
        return answer.awsErrorDetails() == null || answer.awsErrorDetails().errorCode() == null
                ? "HTTP status " + answer.statusCode()
                : answer.awsErrorDetails().errorCode();
    }

    /** The SDK has no types for these: what it says is all there is. */
    private static RuntimeException unanswered(String problem, String action, SdkException failure) {
        if (isAboutRegion(failure)) {
            return new UsageException(
                    problem + ": it is not known in which AWS region it is. Set aws.region, or the environment variable"
                            + " AWS_REGION.",
                    failure);
        }
        if (isAboutCredentials(failure)) {
            return new UsageException(
                    problem + ": there are no AWS credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or"
                            + " AWS_PROFILE, or run where a role is attached; they need the IAM action " + action + ".",
                    failure);
        }
        return new TransientException(
                problem
                        + ": AWS does not answer. Check the network, aws.region, and the endpoint if one is set; it takes"
                        + " the IAM action " + action + "." + Proxies.hint("https://amazonaws.com"),
                failure);
    }

    /** Whether nothing says on this machine who asks AWS, or in which region: it is not in use. */
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
