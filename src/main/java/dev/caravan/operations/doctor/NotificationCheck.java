package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.Diff;
import dev.caravan.operations.infra.InfraSettings;
import dev.caravan.operations.infra.Notification;
import dev.caravan.operations.infra.Pipe;
import dev.caravan.operations.infra.ResourceState;
import java.util.List;

/** The bucket tells the pipe's queue of new objects. */
record NotificationCheck(DoctorContext context) implements Check {

    @Override
    public String name() {
        return "notification of the bucket";
    }

    @Override
    public Finding run() {
        InfraSettings names = context.names();
        Pipe pipe = new Pipe(context.snowflake(), names);
        Notification notification = new Notification(context.aws()::s3, names.bucket(), names.prefix(), pipe::queue);
        if (pipe.queue().isEmpty()) {
            return Cause.NOTIFICATION_MISSING.found(
                    "the pipe has no queue: it was made without AUTO_INGEST = TRUE",
                    "docs/infrastructure.md says how to replace it");
        }
        Diff diff = notification.diff();
        if (diff.state() == ResourceState.OK) {
            return pass("new objects under " + names.location() + " are told to the pipe");
        }
        List<String> told = notification.told();
        return told.isEmpty()
                ? Cause.NOTIFICATION_MISSING.found(
                        "nothing tells the pipe's queue of new objects under " + names.location()
                                + (diff.remark().isEmpty() ? "" : ": " + diff.remark()),
                        "caravan infra apply, then ALTER PIPE " + names.inRatesSchema(names.pipe())
                                + " REFRESH for the files of the last 7 days")
                : Cause.NOTIFICATION_PREFIX.found(
                        "the pipe's queue is told of objects under " + String.join(", ", told) + ", not under "
                                + names.prefix(),
                        "caravan infra apply, then ALTER PIPE " + names.inRatesSchema(names.pipe())
                                + " REFRESH for the files of the last 7 days");
    }
}
