package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.infra.Diff;
import dev.caravan.operations.infra.InfraSettings;
import dev.caravan.operations.infra.Notification;
import dev.caravan.operations.infra.Pipe;
import dev.caravan.operations.infra.ResourceState;
import java.util.List;

/** Checks that the bucket notifies the pipe's queue of new objects. */
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
                    "the pipe has no queue: it was created without AUTO_INGEST = TRUE",
                    "replace it as described in docs/infrastructure.md");
        }
        Diff diff = notification.diff();
        if (diff.state() == ResourceState.OK) {
            return pass("the pipe is notified of new objects under " + names.location());
        }
        List<String> prefixes = notification.prefixes();
        return prefixes.isEmpty()
                ? Cause.NOTIFICATION_MISSING.found(
                        "the pipe's queue is not notified of new objects under " + names.location()
                                + (diff.remark().isEmpty() ? "" : ": " + diff.remark()),
                        "run caravan infra apply, then ALTER PIPE " + names.inRatesSchema(names.pipe())
                                + " REFRESH for the files of the last 7 days")
                : Cause.NOTIFICATION_PREFIX.found(
                        "the pipe's queue is notified of objects under " + String.join(", ", prefixes) + ", not under "
                                + names.prefix(),
                        "run caravan infra apply, then ALTER PIPE " + names.inRatesSchema(names.pipe())
                                + " REFRESH for the files of the last 7 days");
    }
}
