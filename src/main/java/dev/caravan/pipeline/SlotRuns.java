package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.pipeline.ledger.PipelineTable;
import dev.caravan.run.PermanentException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the pipelines that are due at a slot, except those that are paused here and those that another process was faster to
 * run. If the ledger is unavailable, this is repeated until the next slot is due.
 */
final class SlotRuns {

    private static final Logger LOG = LoggerFactory.getLogger(SlotRuns.class);
    private static final Duration RETRY_DELAY = Duration.ofSeconds(2);

    private final PipelineRunner runner;
    private final PipelineTable pipelines;
    private final ScheduledExecutorService scheduler;

    private volatile Predicate<PipelineConsumer> behind = pipeline -> false;

    SlotRuns(PipelineRunner runner, PipelineTable pipelines, ScheduledExecutorService scheduler) {
        this.runner = runner;
        this.pipelines = pipelines;
        this.scheduler = scheduler;
    }

    /** Sets which pipelines have earlier slots to run first: a new slot waits with those. */
    void setBehind(Predicate<PipelineConsumer> pipelinesBehind) {
        behind = pipelinesBehind;
    }

    /** Runs a pipeline for a slot that was missed. If the ledger is unavailable, the slot is still a missed one. */
    void makeUp(Instant slot, PipelineConsumer pipeline) {
        Collection<PipelineConsumer> unused = runner.startAll(slot, List.of(pipeline));
    }

    void start(Instant slot, Collection<PipelineConsumer> due) {
        try {
            Map<String, Pause> pauses = pipelines.pauses();
            List<PipelineConsumer> taking = due.stream()
                    .filter(pipeline -> pipeline.takes(slot, pauses) && !behind.test(pipeline))
                    .toList();
            runner.startAll(slot, taking)
                    .forEach(
                            taken -> LOG.info("Pipeline {}: slot {} was taken by another process", taken.name(), slot));
        } catch (PermanentException e) {
            due.forEach(pipeline -> giveUp(pipeline, slot, e));
        } catch (RuntimeException e) {
            retry(slot, due, e);
        }
    }

    private void retry(Instant slot, Collection<PipelineConsumer> due, RuntimeException e) {
        Instant then = Instant.now().plus(RETRY_DELAY);
        Map<Boolean, List<PipelineConsumer>> inTime = due.stream()
                .collect(Collectors.partitioningBy(pipeline -> pipeline.getEndpoint()
                        .schedule()
                        .flatMap(schedule -> schedule.next(slot))
                        .map(next -> !then.isAfter(next))
                        .orElse(true)));
        inTime.get(false).forEach(pipeline -> giveUp(pipeline, slot, e));
        List<PipelineConsumer> again = inTime.get(true);
        if (!again.isEmpty()) {
            LOG.warn(
                    "Slot {} of {} waits for the ledger: {}",
                    slot,
                    again.size() == 1 ? "pipeline " + again.get(0).name() : again.size() + " pipelines",
                    Errors.describe(e));
            Future<?> unused =
                    scheduler.schedule(() -> start(slot, again), RETRY_DELAY.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private static void giveUp(PipelineConsumer pipeline, Instant slot, RuntimeException e) {
        LOG.error("Pipeline {} could not run for slot {}: {}", pipeline.name(), slot, Errors.describe(e));
    }
}
