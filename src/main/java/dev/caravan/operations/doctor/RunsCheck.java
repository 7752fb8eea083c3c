package dev.caravan.operations.doctor;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.PipelineRuns;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/** Checks that a pipeline is not paused or stuck, and that its last run did not fail. */
record RunsCheck(Pipelines pipelines, String pipeline) implements Check {

    @Override
    public String name() {
        return "runs of " + pipeline;
    }

    @Override
    public Finding run() {
        Pipeline current = pipelines.get(pipeline);
        PipelineRuns runs = new PipelineRuns(current);
        List<RunRecord> live = runs.live();
        String blocked = live.isEmpty() ? null : blocked(live, runs.last(RunState.SKIPPED));
        if (blocked != null) {
            RunRecord run = live.get(0);
            return Cause.RUN_STUCK.found(
                    "run " + run.id() + " of " + pipeline + " is " + run.state() + " on " + run.node() + " since "
                            + time(begun(run)) + ", and later slots " + blocked,
                    "caravan runs logs " + run.id() + " shows what it is doing; caravan runs cancel " + run.id()
                            + " ends it; a timeout on the pipeline ends such runs automatically");
        }
        if (current.paused() && current.cron() != null) { // without slots a pause has no effect
            return Cause.PIPELINE_PAUSED.found(
                    pipeline + " is paused, its slots are skipped", "caravan resume " + pipeline);
        }
        Optional<RunRecord> last = runs.last();
        if (last.isEmpty()) {
            return notApplicable("has not run yet");
        }
        RunRecord run = last.get();
        String fix = "caravan runs logs " + run.id() + " shows details, caravan runs retry " + run.id() + " retries it";
        return switch (run.state()) {
            case CRASHED ->
                Cause.RUN_CRASHED.found(
                        "run " + run.id() + " of " + pipeline + " lost its lease: its process " + run.node()
                                + " died or hung" + (run.error() == null ? "" : " (" + firstLine(run) + ")"),
                        fix);
            case FAILED ->
                Cause.RUN_FAILED.found("run " + run.id() + " of " + pipeline + " failed: " + firstLine(run), fix);
            default -> pass("run " + run.id() + " is " + run.state());
        };
    }

    /** Returns what happens to the slots that are due since the oldest run began; null if there are none. */
    private static String blocked(List<RunRecord> live, Optional<RunRecord> skipped) {
        if (skipped.isPresent() && skipped.get().created().isAfter(begun(live.get(0)))) {
            return "are skipped";
        }
        return live.stream().skip(1).anyMatch(run -> run.state() == RunState.SCHEDULED) ? "wait for it" : null;
    }

    /** Returns when a run, or its retry, began. */
    private static Instant begun(RunRecord run) {
        return run.started() == null ? run.created() : run.started();
    }

    private static String firstLine(RunRecord run) {
        return run.error() == null ? "" : run.error().lines().findFirst().orElse("");
    }

    private static Instant time(Instant moment) {
        return moment.truncatedTo(ChronoUnit.SECONDS);
    }
}
