package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** A pipeline can run, and its last run did not get stuck. */
record RunsCheck(Pipelines pipelines, String pipeline) implements Check {

    private static final int LATEST = 50;

    @Override
    public String name() {
        return "runs of " + pipeline;
    }

    @Override
    public Finding look() {
        Pipeline current = pipelines.get(pipeline);
        List<RunRecord> runs = pipelines.ledger().history().list(pipeline, null, LATEST);
        Optional<RunRecord> live =
                runs.stream().filter(run -> run.state().live()).findFirst();
        boolean skipped = !runs.isEmpty() && runs.get(0).state() == RunState.SKIPPED;
        if (live.isPresent() && skipped) {
            RunRecord run = live.get();
            return Cause.RUN_STUCK.found(
                    "run " + run.id() + " of " + pipeline + " is " + run.state() + " on " + run.node() + " since "
                            + time(run.created()) + ", and later slots are skipped meanwhile",
                    "caravan runs logs " + run.id() + " shows what it waits for; caravan runs cancel " + run.id()
                            + " ends it; a timeout on the pipeline ends such runs by itself");
        }
        if (current.paused()) {
            return Cause.PIPELINE_PAUSED.found(
                    pipeline + " is paused, its slots pass by", "caravan resume " + pipeline);
        }
        Optional<RunRecord> last =
                runs.stream().filter(run -> run.state() != RunState.SKIPPED).findFirst();
        if (last.isEmpty()) {
            return notApplicable("has not run yet");
        }
        RunRecord run = last.get();
        String mend =
                "caravan runs logs " + run.id() + " tells more, caravan runs retry " + run.id() + " runs it again";
        return switch (run.state()) {
            case CRASHED ->
                Cause.RUN_CRASHED.found(
                        "run " + run.id() + " of " + pipeline + " lost its lease: its process " + run.node()
                                + " died or stood still" + (run.error() == null ? "" : " (" + firstLine(run) + ")"),
                        mend);
            case FAILED ->
                Cause.RUN_FAILED.found("run " + run.id() + " of " + pipeline + " failed: " + firstLine(run), mend);
            default -> pass("run " + run.id() + " is " + run.state());
        };
    }

    private static String firstLine(RunRecord run) {
        return run.error() == null ? "" : run.error().lines().findFirst().orElse("");
    }

    private static Instant time(Instant moment) {
        return moment.truncatedTo(ChronoUnit.SECONDS);
    }
}
