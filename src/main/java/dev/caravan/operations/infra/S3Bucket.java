package dev.caravan.operations.infra;

import dev.caravan.run.PermanentException;
import java.util.function.Supplier;
import software.amazon.awssdk.services.s3.S3Client;

/** The bucket that exchange rates are written to. */
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
            Aws.call("Bucket " + bucket + " cannot be looked at", "s3:ListBucket", () -> s3.get()
                    .headBucket(request -> request.bucket(bucket)));
            return Diff.ok();
        } catch (PermanentException e) {
            if (Aws.isMissing(e)) {
                return Diff.missing(Aws.change(
                        "create the bucket " + bucket + " in " + region,
                        "Bucket " + bucket + " cannot be created",
                        "s3:CreateBucket",
                        this::create));
            }
            throw e;
        }
    }

    private Object create() {
        return s3.get().createBucket(request -> {
            request.bucket(bucket);
            // S3 does not take the name of its first region
            if (!region.equals("us-east-1")) {
                request.createBucketConfiguration(
                        where -> where.locationConstraint(region)); // the SDK need not know it
            }
        });
    }
}
