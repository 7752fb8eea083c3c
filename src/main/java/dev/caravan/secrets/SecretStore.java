package dev.caravan.secrets;

import dev.caravan.run.UsageException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClientBuilder;

/**
 * The secrets of an account in AWS Secrets Manager, cached for a minute: long enough for a start, whose settings read them
 * many times, and short enough to pick up a new value later.
 */
final class SecretStore implements AutoCloseable {

    private static final Duration CACHE_TIME = Duration.ofMinutes(1);
    /** Short, so that a command fails within seconds if AWS does not respond. */
    private static final Duration CONNECTION = Duration.ofSeconds(2);

    private static final Duration ATTEMPT = Duration.ofSeconds(3);
    private static final Duration CALL = Duration.ofSeconds(8);

    private final String region;
    private final URI endpoint;
    private final Map<String, Fetched> fetched = new HashMap<>();
    private SecretsManagerClient client;

    /**
     * Creates a store; makes no call.
     *
     * @param region the region of the secrets; empty to find it as the AWS SDK does
     * @param endpoint the endpoint, or null for AWS's own
     */
    SecretStore(String region, URI endpoint) {
        this.region = region;
        this.endpoint = endpoint;
    }

    /**
     * Returns the text of a secret.
     *
     * @param field the field that will be read, for the message if it fails; null for the whole text
     */
    String text(String secret, String field) {
        Instant now = Instant.now();
        Fetched known = fetched.get(secret);
        if (known == null || known.at().plus(CACHE_TIME).isBefore(now)) {
            known = new Fetched(fetch(secret, field), now);
            fetched.put(secret, known);
        }
        return known.text();
    }

    private String fetch(String secret, String field) {
        String text;
        try {
            text = client().getSecretValue(request -> request.secretId(secret)).secretString();
        } catch (SdkException e) {
            throw SecretFailure.of(secret, field, e);
        }
        if (text == null) {
            throw new UsageException("AWS secret " + secret + " is binary: store it as a secret string.");
        }
        return text;
    }

    private SecretsManagerClient client() {
        if (client == null) {
            SecretsManagerClientBuilder builder = SecretsManagerClient.builder()
                    .httpClientBuilder(ApacheHttpClient.builder().connectionTimeout(CONNECTION))
                    .overrideConfiguration(each -> each.apiCallTimeout(CALL).apiCallAttemptTimeout(ATTEMPT));
            if (!region.isEmpty()) {
                builder.region(Region.of(region));
            }
            if (endpoint != null) {
                builder.endpointOverride(endpoint);
            }
            client = builder.build();
        }
        return client;
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
        }
    }

    private record Fetched(String text, Instant at) {

        @Override
        public String toString() {
            return "secret fetched at " + at;
        }
    }
}
