package dev.caravan.operations.infra;

import java.util.function.Supplier;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.BucketLocationConstraint;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** The bucket that exchange rates are written to. */
record Bucket(Supplier<S3Client> s3, String bucket, String region) implements Wanted {

    @Override
    public String name() {
        return "bucket " + bucket;
    }

    @Override
    public Place place() {
        return Place.AWS;
    }

    @Override
    public Outlook look() {
        try {
            Aws.call("s3:ListBucket", bucket, () -> s3.get().headBucket(request -> request.bucket(bucket)));
            return Outlook.ok();
        } catch (Aws.Refused e) {
            if (e.status() == 404) {
                return Outlook.missing(
                        Aws.step("create the bucket " + bucket + " in " + region, "s3:CreateBucket", bucket, this::create));
            }
            throw e;
        }
    }

    private Object create() throws S3Exception {
        return s3.get().createBucket(request -> {
            request.bucket(bucket);
            // S3 does not take the name of its first region
            if (!region.equals("us-east-1")) {
                request.createBucketConfiguration(where ->
                        where.locationConstraint(BucketLocationConstraint.fromValue(region)));
            }
        });
    }
}
