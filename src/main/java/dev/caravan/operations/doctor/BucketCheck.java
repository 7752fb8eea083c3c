package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.Aws;

/** The bucket is there, and we may look into it. */
record BucketCheck(Site site) implements Check {

    @Override
    public String name() {
        return "bucket";
    }

    @Override
    public Finding look() {
        String bucket = site.names().bucket();
        try {
            Aws.call(
                    "s3:ListBucket",
                    bucket,
                    () -> site.aws()
                            .s3()
                            .listObjectsV2(request -> request.bucket(bucket)
                                    .prefix(site.names().prefix())
                                    .maxKeys(1)));
            return pass(bucket + " is there");
        } catch (Aws.Refused e) {
            return switch (e.status()) {
                case 404 ->
                    Cause.BUCKET_MISSING.found(
                            "there is no bucket " + bucket, "check s3.bucket and aws.region, or caravan infra apply");
                case 403 -> Cause.IAM_ACTION_MISSING.found(e.getMessage(), null);
                default -> fail(e.getMessage(), null);
            };
        }
    }
}
