package dev.caravan.aws;

import dev.caravan.run.UsageException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/** Turns failures of S3 into exceptions: like {@link AwsFailure}, with errors that only S3 has. */
public final class S3Failure {

    private S3Failure() {}

    /**
     * Returns the exception for a failure.
     *
     * @param problem what failed, as the beginning of a sentence
     * @param action the IAM action that it needs, such as {@code s3:PutObject}
     */
    public static RuntimeException of(String problem, String action, SdkException failure) {
        if (failure instanceof AwsServiceException answer) {
            String code = AwsFailure.code(answer);
            if (answer.statusCode() == 404) {
                return new UsageException(
                        problem + " (" + code + "): the bucket does not exist. Check s3.bucket.", failure);
            }
            if (answer.statusCode() == 301 || code.equals("AuthorizationHeaderMalformed")) {
                return new UsageException(
                        problem + " (" + code + "): the bucket is in another region. Check aws.region and s3.bucket.",
                        failure);
            }
            if (code.startsWith("KMS.")) {
                return new UsageException(
                        problem + " (" + code + "): the key cannot be used. Check s3.kms-key, and that the credentials"
                                + " have the IAM action kms:GenerateDataKey on it.",
                        failure);
            }
        }
        return AwsFailure.of(problem, action, failure);
    }
}
