package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.Aws;
import dev.caravan.run.PermanentException;

/** The bucket is there, and we may look into it. */
record BucketCheck(DoctorContext context) implements Check {

    @Override
    public String name() {
        return "bucket";
    }

    @Override
    public Finding run() {
        String bucket = context.names().bucket();
        if (bucket == null) {
            return Cause.SETTING_WRONG.found(
                    "s3.bucket is not set", "set it to the name of the bucket for exchange rates");
        }
        try {
            Aws.call("Bucket " + bucket + " cannot be listed", "s3:ListBucket", () -> context.aws()
                    .s3()
                    .listObjectsV2(request -> request.bucket(bucket)
                            .prefix(context.names().prefix())
                            .maxKeys(1)));
            return pass(bucket + " is there");
        } catch (PermanentException e) {
            if (Aws.isMissing(e)) {
                return Cause.BUCKET_MISSING.found(
                        "there is no bucket " + bucket, "check s3.bucket and aws.region, or caravan infra apply");
            }
            throw e;
        }
    }
}
