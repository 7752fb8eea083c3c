package dev.caravan.local;

import dev.caravan.run.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Function;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.DelegatingS3Client;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Utilities;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Request;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;
import software.amazon.awssdk.services.s3.waiters.S3Waiter;

/**
 * A client of the local profile's S3. The first request starts the server of this process; until then neither the server
 * nor the AWS SDK is loaded, which takes a second. (A dynamic proxy would load each type that S3 knows.) All processes see
 * the same objects: the files {@code DIRECTORY/BUCKET/KEY}.
 */
public final class LocalS3 extends DelegatingS3Client {

    /** Ends a request even if the server hangs. */
    private static final Duration CALL_TIMEOUT = Duration.ofMinutes(10);

    private final Path directory;
    private final Path bucket;
    private S3Client client;

    private LocalS3(Path directory, Path bucket) {
        super(new NotStarted());
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
        return new LocalS3(path, path.resolve(bucket));
    }

    @Override
    public PutObjectResponse putObject(PutObjectRequest request, RequestBody body) {
        return started().putObject(request, body);
    }

    @Override
    public UploadPartResponse uploadPart(UploadPartRequest request, RequestBody body) {
        return started().uploadPart(request, body);
    }

    @Override
    public <T> T getObject(GetObjectRequest request, ResponseTransformer<GetObjectResponse, T> transformer) {
        return started().getObject(request, transformer);
    }

    /** Called for all requests that consist of their parameters. */
    @Override
    @SuppressWarnings("unchecked")
    protected <T extends S3Request, R> R invokeOperation(T request, Function<T, R> operation) {
        // Camel sends it from every endpoint at its start, which must not start the server
        if (request instanceof HeadBucketRequest head
                && directory.resolve(head.bucket()).equals(bucket)) {
            return (R) HeadBucketResponse.builder().build();
        }
        return (R) invoke(started(), request);
    }

    private static Object invoke(S3Client client, S3Request request) {
        String name = request.getClass().getSimpleName().replaceFirst("Request$", "");
        try {
            Class<?> response = Class.forName(request.getClass().getName().replaceFirst("Request$", "Response"));
            MethodHandle method = MethodHandles.publicLookup()
                    .findVirtual(
                            S3Client.class,
                            name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1),
                            MethodType.methodType(response, request.getClass()));
            return method.invoke(client, request);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new UnsupportedOperationException("The local S3 has no " + name, e);
        }
    }

    @Override
    public S3Utilities utilities() {
        return started().utilities();
    }

    @Override
    public S3Waiter waiter() {
        return started().waiter();
    }

    @Override
    public String toString() {
        return "local S3 client, files in " + directory;
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

    @Override
    public synchronized void close() {
        if (client != null) {
            client.close();
            client = null;
        }
    }

    /** Stands where the superclass wants a client; nothing calls it. */
    private static final class NotStarted implements S3Client {

        @Override
        public String serviceName() {
            return SERVICE_NAME;
        }

        @Override
        public void close() {}
    }
}
