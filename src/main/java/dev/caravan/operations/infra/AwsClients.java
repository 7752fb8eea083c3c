package dev.caravan.operations.infra;

import dev.caravan.operations.Settings;
import java.net.URI;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;

/** Clients of AWS with the settings {@code aws.*} and {@code s3.*}, made when they are first needed. */
public final class AwsClients implements AutoCloseable {

    private final Settings settings;
    private S3Client s3;
    private SecretsManagerClient secrets;

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

    private <B extends AwsClientBuilder<B, C>, C> B with(B builder, String endpoint) {
        builder.overrideConfiguration(configuration -> configuration.retryStrategy(RetryMode.STANDARD));
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
        if (s3 != null) {
            s3.close();
        }
        if (secrets != null) {
            secrets.close();
        }
    }
}
