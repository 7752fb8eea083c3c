package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;
import dev.caravan.operations.PipelineRuns;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/** The last run of a pipeline has completed, or is under way. Runs that were skipped do not count. */
record LastRunCheck(Pipelines pipelines, String pipeline) implements Check {

    @Override
    public String name() {
        return "last run of " + pipeline;
    }

    @Override
    public Finding look() {
        Optional<RunRecord> last = new PipelineRuns(pipelines, pipeline).last();
        if (last.isEmpty()) {
            return pipelines.get(pipeline).cron() == null
                    ? notApplicable("has not run yet; it runs on demand")
                    : fail("has not run yet", "caravan run " + pipeline);
        }
        RunRecord run = last.get();
        String found = "run " + run.id() + ", " + run.created().truncatedTo(ChronoUnit.SECONDS) + ": " + run.state();
        if (run.state() == RunState.COMPLETED || run.state().live()) {
            return pass(found);
        }
        return fail(
                found
                        + (run.error() == null
                                ? ""
                                : ": " + run.error().lines().findFirst().orElse("")),
                "caravan runs logs " + run.id() + " tells more; when the cause is mended: caravan runs retry "
                        + run.id());
    }
}
