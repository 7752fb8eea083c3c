package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.PipelineRuns;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * Checks that the last run of a pipeline has completed or is in progress, and that no slot since was missed. Skipped runs
 * do not count.
 */
record LastRunCheck(Pipeline pipeline) implements Check {

    @Override
    public String name() {
        return "last run of " + pipeline.name();
    }

    @Override
    public Finding run() {
        Optional<RunRecord> last = new PipelineRuns(pipeline).last();
        if (last.isEmpty()) {
            return pipeline.cron() == null
                    ? notApplicable("has not run yet; it runs on demand")
                    : fail("has not run yet", "caravan run " + pipeline.name());
        }
        RunRecord run = last.get();
        String found = "run " + run.id() + ", " + time(run.created()) + ": " + run.state();
        List<Instant> missed = pipeline.missed();
        if (!missed.isEmpty()) {
            return fail(
                    found + "; since then " + missed.size() + (missed.size() == 1 ? " slot was" : " slots were")
                            + " missed, the last at " + time(missed.get(missed.size() - 1)),
                    "caravan run " + pipeline.name() + "; for future slots, keep caravan serve running");
        }
        if (run.state() == RunState.COMPLETED || run.state().live()) {
            return pass(found);
        }
        return fail(
                found
                        + (run.error() == null
                                ? ""
                                : ": " + run.error().lines().findFirst().orElse("")),
                "caravan runs logs " + run.id() + " shows details; once the cause is fixed: caravan runs retry "
                        + run.id());
    }

    private static Instant time(Instant moment) {
        return moment.truncatedTo(ChronoUnit.SECONDS);
    }
}
