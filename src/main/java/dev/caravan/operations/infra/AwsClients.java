package dev.caravan.operations.infra;

import dev.caravan.operations.Settings;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/** Clients of AWS with the settings {@code aws.*} and {@code s3.*}, created on first use. */
public final class AwsClients implements AutoCloseable {

    /** The timeout of a call, so that a slow server does not block a command. */
    private static final Duration CALL = Duration.ofMinutes(1);

    private static final Duration ATTEMPT = Duration.ofSeconds(20);

    private final Settings settings;
    private S3Client s3;
    private SecretsManagerClient secrets;
    private IamClient iam;
    private StsClient sts;

    public AwsClients(Settings settings) {
        this.settings = settings;
    }

    /** For the bucket. */
    public S3Client s3() {
        if (s3 == null) {
            s3 = with(S3Client.builder(), settings.get("s3.endpoint"))
                    .forcePathStyle(Boolean.parseBoolean(settings.get("s3.path-style", "false")))
                    .build();
        }
        return s3;
    }

    /** For the secrets. */
    public SecretsManagerClient secrets() {
        if (secrets == null) {
            secrets = with(SecretsManagerClient.builder(), settings.get("aws.endpoint"))
                    .build();
        }
        return secrets;
    }

    /** For the roles. */
    public IamClient iam() {
        if (iam == null) {
            iam = with(IamClient.builder(), settings.get("aws.endpoint")).build();
        }
        return iam;
    }

    /** For the account that the credentials belong to. */
    public StsClient sts() {
        if (sts == null) {
            sts = with(StsClient.builder(), settings.get("aws.endpoint")).build();
        }
        return sts;
    }

    private <B extends AwsClientBuilder<B, C>, C> B with(B builder, String endpoint) {
        builder.overrideConfiguration(configuration -> configuration
                .retryStrategy(RetryMode.STANDARD)
                .apiCallTimeout(CALL)
                .apiCallAttemptTimeout(ATTEMPT));
        String region = settings.get("aws.region");
        if (region != null) { // else the SDK looks for it, as it does in runs
            builder.region(Region.of(region));
        }
        if (endpoint != null) {
            builder.endpointOverride(URI.create(endpoint));
        }
        return builder;
    }

    @Override
    public void close() {
        Stream.of(s3, secrets, iam, sts).filter(Objects::nonNull).forEach(SdkAutoCloseable::close);
    }
}
