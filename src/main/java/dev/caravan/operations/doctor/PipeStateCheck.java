package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.snowpipe.PipeStatus;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Checks that the pipe exists and runs. */
record PipeStateCheck(DoctorContext context) implements Check {

    /** A pipe that is paused for longer loses its events and becomes stale. */
    private static final Duration STALE = Duration.ofDays(14);

    @Override
    public String name() {
        return "pipe";
    }

    @Override
    public Finding run() {
        String pipe = context.names().inRatesSchema(context.names().pipe());
        List<Map<String, String>> rows =
                context.snowflake().rows("SELECT SYSTEM$PIPE_STATUS(" + Snowflake.literal(pipe) + ") AS STATUS");
        if (rows.isEmpty()) {
            return Cause.PIPE_MISSING.found(
                    pipe + " does not exist, or the role has no MONITOR on it", "caravan infra apply");
        }
        PipeStatus status = PipeStatus.parse(rows.get(0).values().iterator().next());
        String found = pipe + " is " + status.state() + (status.error().isEmpty() ? "" : ": " + status.error());
        return switch (status.state()) {
            case "RUNNING" -> pass(found + ", " + status.pending() + " files pending");
            case "PAUSED" -> paused(pipe, status);
            case "STOPPED_MISSING_TABLE" ->
                Cause.TABLE_MISSING.found(
                        found, "UNDROP TABLE " + context.names().ratesTable() + ", or run caravan infra apply");
            case "STOPPED_MISSING_PIPE" -> Cause.PIPE_MISSING.found(found, "caravan infra apply");
            case "STALLED_STAGE_PERMISSION_ERROR" ->
                Cause.IAM_ACTION_MISSING.found(
                        found, "attach the two policies of caravan infra plan --iam to the storage integration's role");
            default ->
                Cause.PIPE_STOPPED.found(
                        found,
                        "fix the error (stage, file format, table), then SELECT SYSTEM$PIPE_FORCE_RESUME("
                                + Snowflake.literal(pipe)
                                + "); docs/infrastructure.md describes how to replace a pipe");
        };
    }

    private static Finding paused(String pipe, PipeStatus status) {
        Instant last = status.lastNotified();
        if (last != null && last.isBefore(Instant.now().minus(STALE))) {
            return Cause.PIPE_STALE.found(
                    pipe + " is PAUSED, and was last notified of a file at " + last
                            + ": after 14 days Snowflake discards notifications",
                    "SELECT SYSTEM$PIPE_FORCE_RESUME(" + Snowflake.literal(pipe)
                            + ", 'staleness_check_override'), then ALTER PIPE " + pipe
                            + " REFRESH for the files of the last 7 days; load older ones with COPY INTO");
        }
        return Cause.PIPE_PAUSED.found(
                pipe + " is PAUSED",
                "ALTER PIPE " + pipe + " SET PIPE_EXECUTION_PAUSED = FALSE; if Snowflake reports it as stale: SELECT"
                        + " SYSTEM$PIPE_FORCE_RESUME(" + Snowflake.literal(pipe) + ", 'staleness_check_override')");
    }
}
