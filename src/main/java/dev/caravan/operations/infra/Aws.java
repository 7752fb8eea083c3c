package dev.caravan.operations.infra;

import dev.caravan.aws.AwsFailure;
import dev.caravan.aws.S3Failure;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** Calls AWS, and turns failures into messages. */
public final class Aws {

    private static final int NOT_FOUND = 404;

    private Aws() {}

    /**
     * Calls AWS.
     *
     * @param problem the message if it fails, as the beginning of a sentence
     * @param action the IAM action that it needs
     */
    public static <T> T call(String problem, String action, Supplier<T> call) {
        try {
            return call.get();
        } catch (SdkException e) {
            throw action.startsWith("s3:") && !isMissing(e)
                    ? S3Failure.of(problem, action, e)
                    : AwsFailure.of(problem, action, e);
        }
    }

    /** Returns whether a call failed because the object does not exist. */
    public static boolean isMissing(RuntimeException failure) {
        return failure.getCause() instanceof SdkException e && isMissing(e);
    }

    private static boolean isMissing(SdkException failure) {
        return failure instanceof AwsServiceException answer
                && (answer.statusCode() == NOT_FOUND || AwsFailure.code(answer).equals("ResourceNotFoundException"));
    }

    /** Returns a call that changes something. */
    static Change change(String text, String problem, String action, Supplier<?> call) {
        return new Change() {
            @Override
            public String description() {
                return text;
            }

            @Override
            public void apply() {
                call(problem, action, call);
            }
        };
    }
}
