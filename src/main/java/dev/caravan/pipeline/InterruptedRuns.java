package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.Trigger;
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

    /**
     * Takes over all that can be.
     *
     * @param slots whether those of slots too; otherwise another scheduler has them continued, but for those that somebody
     *     wants retried
     */
    void takeOver(boolean slots) {
        List<RunRecord> interrupted = ledger.history().interrupted().stream()
                .filter(run -> slots || run.slot() == null || run.trigger() == Trigger.RETRY)
                .toList();
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
        if (ledger.history().attemptsSinceOpened(run.id())
                > pipeline.getEndpoint().getRetries()) {
            giveUp(run, "it was in its last attempt");
            return;
        }
        try {
            runner.takeOver(pipeline, run);
        } catch (UsageException e) {
            giveUp(run, "it cannot be taken over: " + e.getMessage());
        }
    }

    private void giveUp(RunRecord run, String reason) {
        LOG.error("Run {} of {} is not taken over: {}; {}", run.id(), run.pipeline(), run.error(), reason);
        ledger.runs().giveUp(run.id(), reason);
    }
}
