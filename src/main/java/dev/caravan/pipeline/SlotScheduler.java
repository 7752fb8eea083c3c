package dev.caravan.pipeline;

import java.time.Instant;
import java.util.Date;
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
 * Starts pipelines at their slots. Quartz fires at the next slot of each pipeline; the slots are computed from the cron
 * expression, so a slot that fires late is still the same slot.
 */
final class SlotScheduler {

    private static final Logger LOG = LoggerFactory.getLogger(SlotScheduler.class);
    private static final String SLOT = "slot";

    private final CamelContext context;
    private final PipelineRegistry pipelines;
    private final Executor executor;
    private final Scheduler scheduler;

    SlotScheduler(CamelContext context, PipelineRegistry pipelines, Executor executor) throws SchedulerException {
        this.context = context;
        this.pipelines = pipelines;
        this.executor = executor;
        this.scheduler = context.getComponent("quartz", QuartzComponent.class).getScheduler();
        scheduler.getContext().put(key(), this);
    }

    private String key() {
        return "caravan." + context.getManagementName();
    }

    /** Schedules the first slot after an instant. */
    void schedule(PipelineConsumer pipeline, Instant after) throws SchedulerException {
        Optional<Instant> slot = pipeline.getEndpoint().schedule().flatMap(schedule -> schedule.next(after));
        if (slot.isEmpty()) {
            return;
        }
        JobDetail job = JobBuilder.newJob(SlotJob.class)
                .withIdentity(pipeline.name(), key())
                .build();
        scheduler.scheduleJob(
                job,
                Set.of(TriggerBuilder.newTrigger()
                        .withIdentity(pipeline.name() + "@" + slot.get(), key())
                        .usingJobData(SLOT, slot.get().toEpochMilli())
                        .startAt(Date.from(slot.get()))
                        .build()),
                true);
    }

    void unschedule(PipelineConsumer pipeline) throws SchedulerException {
        if (!scheduler.isShutdown()) {
            scheduler.deleteJob(JobKey.jobKey(pipeline.name(), key()));
        }
    }

    private void fire(String name, Instant slot) throws SchedulerException {
        PipelineConsumer pipeline = pipelines.get(name);
        if (pipeline.isStopped()) {
            LOG.info("Pipeline {} is stopped: slot {} is skipped", name, slot);
        } else {
            executor.execute(() -> pipeline.runSlot(slot));
        }
        Instant now = Instant.now();
        schedule(pipeline, now.isAfter(slot) ? now : slot);
    }

    /** Called by Quartz. */
    public static final class SlotJob implements Job {

        @Override
        public void execute(JobExecutionContext fired) throws JobExecutionException {
            try {
                SlotScheduler slots = (SlotScheduler) fired.getScheduler()
                        .getContext()
                        .get(fired.getJobDetail().getKey().getGroup());
                slots.fire(
                        fired.getJobDetail().getKey().getName(),
                        Instant.ofEpochMilli(fired.getMergedJobDataMap().getLong(SLOT)));
            } catch (SchedulerException e) {
                throw new JobExecutionException(e);
            }
        }
    }
}
