package dev.caravan.pipeline;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import org.apache.camel.CamelContext;
import org.apache.camel.component.quartz.QuartzComponent;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.TriggerBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts pipelines at their slots, all of a slot together. Quartz fires at each slot; the slots are computed from the cron
 * expressions, so a slot that fires late is still the same slot.
 */
final class SlotScheduler {

    private static final Logger LOG = LoggerFactory.getLogger(SlotScheduler.class);
    private static final String SLOT = "slot";

    private final CamelContext context;
    private final SlotRuns runs;
    private final Executor executor;
    private final Scheduler scheduler;
    /** The pipelines by their next slot. */
    private final Map<Instant, Set<PipelineConsumer>> due = new HashMap<>();

    private volatile boolean stalled;

    SlotScheduler(CamelContext context, SlotRuns runs, Executor executor) throws SchedulerException {
        this.context = context;
        this.runs = runs;
        this.executor = executor;
        this.scheduler = context.getComponent("quartz", QuartzComponent.class).getScheduler();
        scheduler.getContext().put(key(), this);
    }

    private String key() {
        return "caravan." + context.getManagementName();
    }

    /** Schedules the first slots after an instant. */
    synchronized void schedule(Collection<PipelineConsumer> pipelines, Instant after) throws SchedulerException {
        for (PipelineConsumer pipeline : pipelines) {
            Optional<Instant> slot = pipeline.getEndpoint().schedule().flatMap(schedule -> schedule.next(after));
            if (slot.isPresent()
                    && due.computeIfAbsent(slot.get(), s -> new HashSet<>()).add(pipeline)) {
                arm(slot.get());
            }
        }
    }

    private void arm(Instant slot) throws SchedulerException {
        JobDetail job = JobBuilder.newJob(SlotJob.class)
                .withIdentity(slot.toString(), key())
                .build();
        // otherwise the watchdog starts it
        if (!scheduler.isShutdown() && !scheduler.checkExists(job.getKey())) {
            scheduler.scheduleJob(
                    job,
                    TriggerBuilder.newTrigger()
                            .withIdentity(slot.toString(), key())
                            .usingJobData(SLOT, slot.toEpochMilli())
                            .startAt(Date.from(slot))
                            .build());
        }
    }

    synchronized void unschedule(PipelineConsumer pipeline) throws SchedulerException {
        for (Map.Entry<Instant, Set<PipelineConsumer>> each : due.entrySet()) {
            if (each.getValue().remove(pipeline) && each.getValue().isEmpty() && !scheduler.isShutdown()) {
                scheduler.deleteJob(JobKey.jobKey(each.getKey().toString(), key()));
            }
        }
        due.values().removeIf(Set::isEmpty);
    }

    private void fire(Instant slot) throws SchedulerException {
        Set<PipelineConsumer> pipelines = take(slot);
        executor.execute(() -> runs.start(slot, pipelines));
        Instant now = Instant.now();
        schedule(pipelines, now.isAfter(slot) ? now : slot);
    }

    /**
     * Starts the slots at which Quartz should have fired and has not.
     *
     * @param late how late a slot can be
     */
    void fireOverdue(Duration late) {
        for (Instant slot : overdue(late)) {
            LOG.error("The scheduler did not fire at slot {}, which is started now", slot);
            stalled = true;
            try {
                fire(slot);
            } catch (SchedulerException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private synchronized List<Instant> overdue(Duration late) {
        Instant limit = Instant.now().minus(late);
        return due.keySet().stream()
                .filter(slot -> slot.isBefore(limit))
                .sorted()
                .toList();
    }

    /** Whether Quartz has not fired at the last slot. */
    boolean isStalled() {
        return stalled;
    }

    private synchronized Set<PipelineConsumer> take(Instant slot) {
        Set<PipelineConsumer> pipelines = due.remove(slot);
        return pipelines == null ? Set.of() : pipelines;
    }

    /** Called by Quartz. */
    public static final class SlotJob implements Job {

        @Override
        public void execute(JobExecutionContext fired) throws JobExecutionException {
            try {
                SlotScheduler slots = (SlotScheduler) fired.getScheduler()
                        .getContext()
                        .get(fired.getJobDetail().getKey().getGroup());
                slots.stalled = false;
                slots.fire(Instant.ofEpochMilli(fired.getMergedJobDataMap().getLong(SLOT)));
            } catch (SchedulerException e) {
                throw new JobExecutionException(e);
            }
        }
    }
}
