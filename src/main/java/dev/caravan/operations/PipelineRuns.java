package dev.caravan.operations;

import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The runs of a pipeline that say how it is doing, however many were skipped beside them. */
public record PipelineRuns(Pipeline pipeline) {

    private static final Comparator<RunRecord> BY_AGE =
            Comparator.comparing(RunRecord::created).thenComparing(RunRecord::id);

    /** Those that are under way or wait for their turn, the oldest first. */
    public List<RunRecord> live() {
        return pipeline.runs().stream()
                .filter(run -> run.state().live())
                .sorted(BY_AGE)
                .toList();
    }

    /** The newest one that was not skipped. */
    public Optional<RunRecord> last() {
        return pipeline.runs().stream()
                .filter(run -> run.state() != RunState.SKIPPED)
                .max(BY_AGE);
    }

    /** The newest one in a state. */
    public Optional<RunRecord> last(RunState state) {
        return pipeline.runs().stream().filter(run -> run.state() == state).max(BY_AGE);
    }
}
