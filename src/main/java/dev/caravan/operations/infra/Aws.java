package dev.caravan.operations.infra;

import dev.caravan.run.PermanentException;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;

/** Calls of AWS whose failures are sentences. */
public final class Aws {

    private Aws() {}

    /** AWS has refused a call. */
    public static final class Refused extends PermanentException {

        private final int status;
        private final String code;

        private Refused(String message, int status, String code, Throwable cause) {
            super(message, cause);
            this.status = status;
            this.code = code;
        }

        public int status() {
            return status;
        }

        public String code() {
            return code;
        }
    }

    /**
     * Calls AWS.
     *
     * @param action the IAM action that it takes
     * @param on the object it is about
     * @throws Refused if AWS answers with an error
     */
    public static <T> T call(String action, String on, Supplier<T> call) {
        try {
            return call.get();
        } catch (AwsServiceException e) {
            // the answer to a HEAD request has no details
            String code = e.awsErrorDetails() == null || e.awsErrorDetails().errorCode() == null
                    ? "HTTP status " + e.statusCode()
                    : e.awsErrorDetails().errorCode();
            boolean denied = e.statusCode() == 403 || code.startsWith("AccessDenied");
            throw new Refused(
                    denied
                            ? "AWS does not allow " + action + " on " + on + " (" + code
                                    + "): give these credentials that action, see `caravan infra plan --iam`"
                            : "AWS refused " + action + " on " + on + " (" + code + ")",
                    e.statusCode(),
                    code,
                    e);
        } catch (SdkClientException e) {
            String reason = String.valueOf(e.getMessage());
            throw new PermanentException(
                    reason.contains("credentials")
                            ? "No credentials for AWS were found for " + action + " on " + on
                                    + ": set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or run where a"
                                    + " role is attached"
                            : "AWS cannot be reached for " + action + " on " + on + ", check aws.region and the network"
                                    + " (" + reason + ")",
                    e);
        }
    }

    /** A call that changes something. */
    static Step step(String text, String action, String on, Supplier<?> call) {
        return new Step() {
            @Override
            public String text() {
                return text;
            }

            @Override
            public void run() {
                call(action, on, call);
            }
        };
    }
}
