package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.run.UsageException;
import dev.caravan.run.Waiting;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a slot in this process because another scheduler has triggered it, and waits for its end, whichever process runs it. A
 * slot that is triggered twice runs once.
 */
final class SlotOnDemand {

    private static final Logger LOG = LoggerFactory.getLogger(SlotOnDemand.class);
    private static final Duration POLL_INTERVAL = Duration.ofSeconds(1);

    private final Ledger ledger;
    private final PipelineConsumer pipeline;
    private final PipelineRunner runner;
    private final InterruptedRuns interrupted;

    SlotOnDemand(Ledger ledger, PipelineConsumer pipeline, PipelineRunner runner, InterruptedRuns interrupted) {
        this.ledger = ledger;
        this.pipeline = pipeline;
        this.runner = runner;
        this.interrupted = interrupted;
    }

    /** Returns the last slot until now, by the ledger's clock. */
    Instant last() {
        Instant now = ledger.clock().instant();
        return schedule()
                .last(now)
                .orElseThrow(() ->
                        new UsageException("Pipeline " + pipeline.name() + " has had no slot yet: the first one is "
                                + schedule().next(now).orElseThrow()));
    }

    /**
     * Checks that a time is a slot.
     *
     * @throws UsageException if it is not, or is in the future
     */
    Instant checked(Instant slot) {
        Optional<Instant> nearest = schedule().last(slot);
        if (!nearest.equals(Optional.of(slot))) {
            throw new UsageException(slot + " is not a slot of pipeline " + pipeline.name()
                    + nearest.map(before -> "; the last one before is " + before)
                            .orElse(""));
        }
        if (slot.isAfter(ledger.clock().instant())) {
            throw new UsageException("Slot " + slot + " of pipeline " + pipeline.name() + " is not due yet");
        }
        return slot;
    }

    private Schedule schedule() {
        return pipeline.getEndpoint()
                .schedule()
                .orElseThrow(() -> new UsageException("Pipeline " + pipeline.name()
                        + " has no slots: it runs on demand only. Run it without --slot, or give it a cron"));
    }

    /**
     * Runs a slot; before it, the earlier ones whose process has ended, of which no other trigger would come.
     *
     * @return the run of the slot, which may have failed; empty if the pipeline is paused
     */
    Optional<RunRecord> run(Instant slot) {
        if (ledger.pipelines()
                .pauses()
                .getOrDefault(pipeline.name(), new Pause(false, 0))
                .paused()) {
            LOG.info("Pipeline {} is paused: slot {} is skipped", pipeline.name(), slot);
            return Optional.empty();
        }
        for (RunRecord earlier : ledger.history().interrupted()) {
            if (earlier.pipeline().equals(pipeline.name())
                    && earlier.slot() != null
                    && earlier.slot().isBefore(slot)) {
                awaitEnd(earlier.slot());
            }
        }
        Map<String, String> unused =
                runner.text(pipeline, Map.of()); // fails as a usage error if they are not as declared
        runner.startAll(slot, List.of(pipeline))
                .forEach(taken -> LOG.info("Slot {} of {} has its run already", slot, taken.name()));
        return Optional.of(awaitEnd(slot));
    }

    /** Waits until the run of a slot has ended, and continues it if its process ends before. */
    private RunRecord awaitEnd(Instant slot) {
        while (true) {
            try {
                RunRecord run = ledger.history().ofSlot(pipeline.name(), slot).orElseThrow();
                if (!run.state().live() && !runner.isActive(run.id())) {
                    // what this process has interrupted by its own end is continued by another one
                    if (pipeline.isProcessEnding() || pipeline.isStopped() || !isInterrupted(run)) {
                        return run;
                    }
                    interrupted.takeOver(pipeline, run);
                }
            } catch (JdbiException e) {
                if (pipeline.isProcessEnding()) {
                    throw e;
                }
                LOG.warn("The ledger does not answer: {}", Errors.describe(e));
            }
            Waiting.awaitUninterruptibly(new CompletableFuture<>(), POLL_INTERVAL, () -> {});
        }
    }

    private boolean isInterrupted(RunRecord run) {
        return ledger.history().interrupted().stream()
                .anyMatch(each -> each.id().equals(run.id()));
    }
}
