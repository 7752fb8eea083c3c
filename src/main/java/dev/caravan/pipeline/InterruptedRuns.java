package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.run.UsageException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over the runs whose process has ended, each as a further attempt, if their pipelines run here and their retries are
 * not used up.
 */
final class InterruptedRuns {

    private static final Logger LOG = LoggerFactory.getLogger(InterruptedRuns.class);

    private final Ledger ledger;
    private final PipelineRegistry pipelines;
    private final PipelineRunner runner;

    InterruptedRuns(Ledger ledger, PipelineRegistry pipelines, PipelineRunner runner) {
        this.ledger = ledger;
        this.pipelines = pipelines;
        this.runner = runner;
    }

    void takeOver() {
        List<RunRecord> interrupted = ledger.history().interrupted();
        if (interrupted.isEmpty()) {
            return;
        }
        Map<String, Pause> pauses = ledger.pipelines().pauses();
        for (RunRecord run : interrupted) {
            Optional<PipelineConsumer> pipeline = pipelines.find(run.pipeline());
            if (pipeline.isPresent()
                    // one whose lease was lost may still be ending here
                    && !runner.isActive(run.id())
                    && pipeline.get().isStarted()
                    && !pipeline.get().pauseSwitch().isPaused(pauses)) {
                takeOver(pipeline.get(), run);
            }
        }
    }

    /** Takes over a run, unless its retries are used up or another process is faster. */
    void takeOver(PipelineConsumer pipeline, RunRecord run) {
        if (run.attempts() > pipeline.getEndpoint().getRetries()) {
            LOG.error(
                    "Run {} of {} stays {}: its process ended in the last of its {} attempts",
                    run.id(),
                    run.pipeline(),
                    run.state(),
                    run.attempts());
            ledger.runs().giveUp(run.id());
            return;
        }
        try {
            runner.takeOver(pipeline, run);
        } catch (UsageException e) {
            LOG.error("Run {} cannot be taken over: {}", run.id(), e.getMessage());
            ledger.runs().giveUp(run.id());
        }
    }
}
