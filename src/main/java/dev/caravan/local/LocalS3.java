package dev.caravan.local;

import dev.caravan.run.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.core.sync.ResponseTransformer;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.AbortMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.CreateBucketResponse;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.DeleteBucketRequest;
import software.amazon.awssdk.services.s3.model.DeleteBucketResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListBucketsRequest;
import software.amazon.awssdk.services.s3.model.ListBucketsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * A client of the local profile's S3. The first request starts the server of this process; until then neither the server
 * nor the AWS SDK is loaded, which takes a second. All processes see the same objects: the files
 * {@code DIRECTORY/BUCKET/KEY}.
 *
 * <p>It has the operations on objects and buckets, not those on policies, tags and the like.
 */
public final class LocalS3 implements S3Client {

    /** No run waits for ever, even if the server hangs. */
    private static final Duration CALL = Duration.ofMinutes(10);

    private final Path directory;
    private final Path bucket;
    private S3Client client;

    /**
     * A client.
     *
     * @param directory where the buckets are
     * @param bucket a bucket that is made if it is missing
     */
    public LocalS3(String directory, String bucket) {
        this.directory = Path.of(directory).toAbsolutePath();
        this.bucket = this.directory.resolve(bucket);
    }

    private synchronized S3Client client() {
        if (client == null) {
            makeBucket();
            LocalS3Server server = LocalS3Server.start(directory);
            client = S3Client.builder()
                    .endpointOverride(server.endpoint())
                    .forcePathStyle(true)
                    .region(Region.US_EAST_1)
                    .overrideConfiguration(each -> each.apiCallTimeout(CALL))
                    .credentialsProvider(StaticCredentialsProvider.create(
                            AwsBasicCredentials.create(LocalS3Server.ACCESS_KEY, server.secretKey())))
                    .build();
            LocalServices.onStop(this::close);
        }
        return client;
    }

    private void makeBucket() {
        try {
            Files.createDirectories(PrivateFiles.createDirectories(directory).resolve(bucket));
        } catch (IOException e) {
            throw new UncheckedIOException("The directory " + bucket + " cannot be made: " + e.getMessage(), e);
        }
    }

    @Override
    public String serviceName() {
        return SERVICE_NAME;
    }

    @Override
    public synchronized void close() {
        if (client != null) {
            client.close();
            client = null;
        }
    }

    /** Camel asks this of every endpoint when it starts, which is no reason to start the server. */
    @Override
    public HeadBucketResponse headBucket(HeadBucketRequest request) {
        return directory.resolve(request.bucket()).equals(bucket)
                ? HeadBucketResponse.builder().build()
                : client().headBucket(request);
    }

    @Override
    public PutObjectResponse putObject(PutObjectRequest request, RequestBody body) {
        return client().putObject(request, body);
    }

    @Override
    public UploadPartResponse uploadPart(UploadPartRequest request, RequestBody body) {
        return client().uploadPart(request, body);
    }

    @Override
    public <T> T getObject(GetObjectRequest request, ResponseTransformer<GetObjectResponse, T> transformer) {
        return client().getObject(request, transformer);
    }

    @Override
    public AbortMultipartUploadResponse abortMultipartUpload(AbortMultipartUploadRequest request) {
        return client().abortMultipartUpload(request);
    }

    @Override
    public CompleteMultipartUploadResponse completeMultipartUpload(CompleteMultipartUploadRequest request) {
        return client().completeMultipartUpload(request);
    }

    @Override
    public CopyObjectResponse copyObject(CopyObjectRequest request) {
        return client().copyObject(request);
    }

    @Override
    public CreateBucketResponse createBucket(CreateBucketRequest request) {
        return client().createBucket(request);
    }

    @Override
    public CreateMultipartUploadResponse createMultipartUpload(CreateMultipartUploadRequest request) {
        return client().createMultipartUpload(request);
    }

    @Override
    public DeleteBucketResponse deleteBucket(DeleteBucketRequest request) {
        return client().deleteBucket(request);
    }

    @Override
    public DeleteObjectResponse deleteObject(DeleteObjectRequest request) {
        return client().deleteObject(request);
    }

    @Override
    public DeleteObjectsResponse deleteObjects(DeleteObjectsRequest request) {
        return client().deleteObjects(request);
    }

    @Override
    public HeadObjectResponse headObject(HeadObjectRequest request) {
        return client().headObject(request);
    }

    @Override
    public ListBucketsResponse listBuckets(ListBucketsRequest request) {
        return client().listBuckets(request);
    }

    @Override
    public ListObjectsResponse listObjects(ListObjectsRequest request) {
        return client().listObjects(request);
    }

    @Override
    public ListObjectsV2Response listObjectsV2(ListObjectsV2Request request) {
        return client().listObjectsV2(request);
    }
}
