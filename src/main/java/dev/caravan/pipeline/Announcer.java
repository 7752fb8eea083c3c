package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Outbox;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.ThreadPoolProfileBuilder;
import org.apache.camel.util.concurrent.ThreadPoolRejectedPolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells what happens to runs: to Camel's event notifiers, and at the end to the receivers of the pipeline. */
final class Announcer {

    private static final Logger LOG = LoggerFactory.getLogger(Announcer.class);

    /** More events than that wait only if a notifier hangs. */
    private static final int MAX_EVENTS = 10_000;

    private static final int BATCH = 100;

    private final CamelContext context;
    private final Outbox outbox;
    private final Deliveries deliveries;
    private final ExecutorService events;

    Announcer(CamelContext context, Outbox outbox, Deliveries deliveries) {
        this.context = context;
        this.outbox = outbox;
        this.deliveries = deliveries;
        this.events = context.getExecutorServiceManager()
                .newThreadPool(
                        this,
                        "PipelineEvents",
                        new ThreadPoolProfileBuilder("PipelineEvents")
                                .poolSize(1)
                                .maxPoolSize(1)
                                .maxQueueSize(MAX_EVENTS)
                                // a run never waits for a notifier
                                .rejectedPolicy(ThreadPoolRejectedPolicy.Abort)
                                .build());
    }

    /** Returns the receivers of a message about a run that ends in a state. */
    List<String> receivers(String pipeline, RunState state) {
        return deliveries.receivers(pipeline, state);
    }

    /** Returns the receivers of a message about a run that begins. */
    List<String> observers() {
        return deliveries.observers();
    }

    /** Announces a run that has begun in this process, and whose messages are in the ledger. */
    void begun(RunEvent event) {
        tell(event);
        deliveries.deliverBeginning(event.run());
    }

    /** Announces a run that has ended in this process, and whose messages are in the ledger. */
    void finished(RunRecord run) {
        tell(RunEvent.finished(context, run));
        deliveries.deliver(run);
    }

    /**
     * Announces the runs that have ended with their processes, or after them.
     *
     * @param pipelines those of this process: of others it does not know the receivers
     */
    void announceOthers(Collection<String> pipelines) {
        for (RunRecord run : outbox.unannounced(pipelines, BATCH)) {
            if (outbox.announce(run, deliveries.receivers(run))) {
                finished(run);
            }
        }
    }

    void tell(RunEvent event) {
        try {
            events.execute(() -> {
                try {
                    context.getManagementStrategy().notify(event);
                } catch (Exception e) {
                    LOG.warn("An event notifier failed: {}", event, e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.warn("Event notifiers are too slow, or stopped; they are not told: {}", event);
        }
    }

    void stop() {
        context.getExecutorServiceManager().shutdownGraceful(events, Deliveries.STOP_TIMEOUT.toMillis());
    }
}
