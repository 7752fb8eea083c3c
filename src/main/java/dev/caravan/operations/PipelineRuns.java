package dev.caravan.operations;

import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The runs of a pipeline that say how it is doing, however many were skipped beside them. */
public final class PipelineRuns {

    /** As many runs are under way at most as anybody would look at. */
    private static final int LIMIT = 100;

    private static final Comparator<RunRecord> BY_AGE =
            Comparator.comparing(RunRecord::created).thenComparing(RunRecord::id);

    private final Pipelines pipelines;
    private final String pipeline;

    public PipelineRuns(Pipelines pipelines, String pipeline) {
        this.pipelines = pipelines;
        this.pipeline = pipeline;
    }

    /** Those that are under way or wait for their turn, the oldest first. */
    public List<RunRecord> live() {
        return newest(RunState::live, LIMIT).sorted(BY_AGE).toList();
    }

    /** The newest one that was not skipped. */
    public Optional<RunRecord> last() {
        return newest(state -> state != RunState.SKIPPED, 1).max(BY_AGE);
    }

    /** The newest one in a state. */
    public Optional<RunRecord> last(RunState state) {
        return newest(state::equals, 1).findFirst();
    }

    private Stream<RunRecord> newest(Predicate<RunState> states, int limit) {
        return Arrays.stream(RunState.values())
                .filter(states)
                .flatMap(state -> pipelines.ledger().history().list(pipeline, state, limit).stream());
    }
}
