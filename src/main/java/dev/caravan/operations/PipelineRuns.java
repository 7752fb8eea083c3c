package dev.caravan.operations;

import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The recent runs of a pipeline by state. */
public record PipelineRuns(Pipeline pipeline) {

    private static final Comparator<RunRecord> BY_AGE =
            Comparator.comparing(RunRecord::created).thenComparing(RunRecord::id);

    /** Returns the runs that have not ended, oldest first. */
    public List<RunRecord> live() {
        return pipeline.runs().stream()
                .filter(run -> run.state().live())
                .sorted(BY_AGE)
                .toList();
    }

    /** Returns the newest run that was neither skipped nor missed. */
    public Optional<RunRecord> last() {
        return pipeline.runs().stream()
                .filter(run -> run.state() != RunState.SKIPPED && run.state() != RunState.MISSED)
                .max(BY_AGE);
    }

    /** Returns the newest run in a state. */
    public Optional<RunRecord> last(RunState state) {
        return pipeline.runs().stream().filter(run -> run.state() == state).max(BY_AGE);
    }
}
