package dev.caravan.local;

import dev.caravan.run.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;

/**
 * A client of the local profile's S3. The first request starts the server of this process; until then neither the server
 * nor the AWS SDK is loaded, which takes a second. All processes see the same objects: the files
 * {@code DIRECTORY/BUCKET/KEY}.
 */
public final class LocalS3 implements InvocationHandler {

    /** Ends a request even if the server hangs. */
    private static final Duration CALL_TIMEOUT = Duration.ofMinutes(10);

    private final Path directory;
    private final Path bucket;
    private S3Client client;

    private LocalS3(Path directory, Path bucket) {
        this.directory = directory;
        this.bucket = bucket;
    }

    /**
     * Creates a client.
     *
     * @param directory contains the buckets
     * @param bucket a bucket that is created if it is missing
     */
    public static S3Client client(String directory, String bucket) {
        Path path = Path.of(directory).toAbsolutePath();
        return (S3Client) Proxy.newProxyInstance(
                LocalS3.class.getClassLoader(),
                new Class<?>[] {S3Client.class},
                new LocalS3(path, path.resolve(bucket)));
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
        try {
            return switch (method.getName()) {
                case "serviceName" -> S3Client.SERVICE_NAME;
                case "hashCode" -> System.identityHashCode(proxy);
                case "equals" -> proxy == args[0];
                case "toString" -> "local S3 client, files in " + directory;
                case "close" -> {
                    close();
                    yield null;
                }
                // Camel sends it from every endpoint at its start, which must not start the server
                case "headBucket" ->
                    args[0] instanceof HeadBucketRequest request && isOwnBucket(request)
                            ? HeadBucketResponse.builder().build()
                            : method.invoke(started(), args);
                default -> method.invoke(started(), args);
            };
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private boolean isOwnBucket(HeadBucketRequest request) {
        return directory.resolve(request.bucket()).equals(bucket);
    }

    private synchronized S3Client started() {
        if (client == null) {
            createBucket();
            LocalS3Server server = LocalS3Server.start(directory);
            client = S3Client.builder()
                    .endpointOverride(server.endpoint())
                    .forcePathStyle(true)
                    .region(Region.US_EAST_1)
                    .overrideConfiguration(each -> each.apiCallTimeout(CALL_TIMEOUT))
                    .credentialsProvider(StaticCredentialsProvider.create(
                            AwsBasicCredentials.create(LocalS3Server.ACCESS_KEY, server.secretKey())))
                    .build();
            LocalServices.onStop(this::close);
        }
        return client;
    }

    private void createBucket() {
        try {
            Files.createDirectories(PrivateFiles.createDirectories(directory).resolve(bucket));
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot create the directory " + bucket + ": " + e.getMessage(), e);
        }
    }

    private synchronized void close() {
        if (client != null) {
            client.close();
            client = null;
        }
    }
}
