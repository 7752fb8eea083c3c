package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.Aws;
import dev.caravan.run.PermanentException;

/** Checks that the bucket exists and can be listed. */
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
            Aws.call("Cannot list bucket " + bucket, "s3:ListBucket", () -> context.aws()
                    .s3()
                    .listObjectsV2(request -> request.bucket(bucket)
                            .prefix(context.names().prefix())
                            .maxKeys(1)));
            return pass(bucket + " exists");
        } catch (PermanentException e) {
            if (Aws.isMissing(e)) {
                return Cause.BUCKET_MISSING.found(
                        "bucket " + bucket + " does not exist",
                        "check s3.bucket and aws.region, or run caravan infra apply");
            }
            throw e;
        }
    }
}
