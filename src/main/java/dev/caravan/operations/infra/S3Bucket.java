package dev.caravan.operations.infra;

import dev.caravan.run.PermanentException;
import java.util.function.Supplier;
import software.amazon.awssdk.services.s3.S3Client;

/** The S3 bucket for exchange rates. */
record S3Bucket(Supplier<S3Client> s3, String bucket, String region) implements Resource {

    @Override
    public String name() {
        return "bucket " + bucket;
    }

    @Override
    public Place place() {
        return Place.AWS;
    }

    @Override
    public Diff diff() {
        try {
            Aws.call("Cannot inspect bucket " + bucket, "s3:ListBucket", () -> s3.get()
                    .headBucket(request -> request.bucket(bucket)));
            return Diff.ok();
        } catch (PermanentException e) {
            if (Aws.isMissing(e)) {
                return Diff.missing(Aws.change(
                        "create the bucket " + bucket + " in " + region,
                        "Cannot create bucket " + bucket,
                        "s3:CreateBucket",
                        this::create));
            }
            throw e;
        }
    }

    private Object create() {
        return s3.get().createBucket(request -> {
            request.bucket(bucket);
            // S3 rejects the name of its default region
            if (!region.equals("us-east-1")) {
                request.createBucketConfiguration(
                        where -> where.locationConstraint(region)); // as text: the SDK may not have it
            }
        });
    }
}
