package dev.caravan.pipeline;

import dev.caravan.pipeline.CatchUpPolicy.Plan;
import dev.caravan.pipeline.PipelineEndpoint.CatchUp;
import dev.caravan.pipeline.ledger.Ledger;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.pipeline.ledger.SlotTable;
import dev.caravan.pipeline.ledger.SlotTable.Served;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accounts for every slot: those that have passed without a run, because no process was running, the pipeline was paused, the
 * ledger was unavailable or the scheduler stood still, are run or recorded as missed. Of each pipeline one is run at a time.
 */
final class MissedSlots {

    private static final Logger LOG = LoggerFactory.getLogger(MissedSlots.class);

    /** A slot that was due more recently is in the hands of the scheduler. */
    static final Duration GRACE = Duration.ofSeconds(30);

    private final Ledger ledger;
    private final SlotTable slots;
    private final PipelineRegistry pipelines;
    private final SlotRuns runs;
    /** The pipelines that have slots to run. */
    private final Set<String> behind = ConcurrentHashMap.newKeySet();

    MissedSlots(Ledger ledger, PipelineRegistry pipelines, SlotRuns runs) {
        this.ledger = ledger;
        this.slots = ledger.slots();
        this.pipelines = pipelines;
        this.runs = runs;
    }

    /** Begins to account for the slots of this process's pipelines. */
    void serve() {
        Map<String, String> schedules = new TreeMap<>();
        for (PipelineConsumer pipeline : pipelines.all()) {
            pipeline.getEndpoint()
                    .schedule()
                    .ifPresent(schedule -> schedules.put(pipeline.name(), schedule.cron() + " " + schedule.zone()));
        }
        slots.serve(schedules);
    }

    /** Whether a new slot of a pipeline waits until all that were missed before have run. */
    boolean isBehind(PipelineConsumer pipeline) {
        return pipeline.getEndpoint().getCatchUp() == CatchUp.all && behind.contains(pipeline.name());
    }

    /** Continues with the pipelines that have slots to run. */
    void continueBehind() {
        if (!behind.isEmpty()) {
            check(behind);
        }
    }

    /** Checks all pipelines. */
    void checkAll() {
        check(pipelines.names());
    }

    private void check(Set<String> names) {
        Map<String, Served> served = slots.served();
        Map<String, Pause> pauses = ledger.pipelines().pauses();
        Instant until = ledger.clock().instant().minus(GRACE);
        for (String name : Set.copyOf(names)) {
            Optional<PipelineConsumer> pipeline = pipelines.find(name);
            if (pipeline.isPresent()
                    && pipeline.get().isStarted()
                    && !pipeline.get().pauseSwitch().isPaused(pauses)) {
                check(pipeline.get(), served.get(name), until);
            } else {
                behind.remove(name);
            }
        }
    }

    private void check(PipelineConsumer pipeline, Served served, Instant until) {
        Optional<Plan> due = CatchUpPolicy.plan(pipeline.getEndpoint(), served, until);
        if (due.isEmpty()) {
            behind.remove(pipeline.name());
            return;
        }
        Plan plan = due.get();
        Optional<Instant> next = plan.run().stream().findFirst();
        slots.settle(pipeline.name(), next.map(slot -> slot.minusSeconds(1)).orElse(until), plan.missed());
        if (!plan.missed().isEmpty()) {
            LOG.warn(
                    "Pipeline {}: {} missed: {}",
                    pipeline.name(),
                    plan.missed().size() == 1
                            ? "slot " + plan.missed().firstKey() + " was"
                            : plan.missed().size() + " slots until "
                                    + plan.missed().lastKey() + " were",
                    plan.missed().get(plan.missed().lastKey()));
        }
        if (next.isEmpty()) {
            behind.remove(pipeline.name());
            return;
        }
        behind.add(pipeline.name());
        if (!slots.isActive(pipeline.name())) {
            LOG.info("Pipeline {}: slot {} was missed and is run now", pipeline.name(), next.get());
            runs.makeUp(next.get(), pipeline);
        }
    }
}
