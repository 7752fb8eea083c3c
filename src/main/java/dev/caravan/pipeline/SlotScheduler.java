package dev.caravan.pipeline;

import java.time.Instant;
import java.util.Date;
import java.util.Optional;
import java.util.Set;
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
 * Fires pipelines at their slots. Quartz only wakes up at one slot of a pipeline at a time; which slot that is, and which
 * follows, the cron alone says. A slot that fires late stays the slot it is.
 */
final class SlotScheduler {

    private static final Logger LOG = LoggerFactory.getLogger(SlotScheduler.class);
    private static final String SLOT = "slot";

    private final CamelContext context;
    private final PipelineComponent component;
    private final Scheduler scheduler;

    SlotScheduler(CamelContext context, PipelineComponent component) throws SchedulerException {
        this.context = context;
        this.component = component;
        this.scheduler = context.getComponent("quartz", QuartzComponent.class).getScheduler();
        scheduler.getContext().put(key(), this);
    }

    private String key() {
        return "caravan." + context.getManagementName();
    }

    /** Waits for the first slot after an instant. */
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
        PipelineConsumer pipeline = component.pipeline(name);
        if (pipeline.isStopped()) {
            LOG.info("Pipeline {} is stopped: slot {} passes by", name, slot);
        } else {
            component.runner().books().execute(() -> pipeline.runSlot(slot));
        }
        Instant now = Instant.now();
        schedule(pipeline, now.isAfter(slot) ? now : slot);
    }

    /** What Quartz calls. */
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
