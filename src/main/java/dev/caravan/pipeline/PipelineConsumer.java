package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Processor;
import org.apache.camel.ShutdownRunningTask;
import org.apache.camel.Suspendable;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.support.DefaultConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A pipeline: the beginning of a route that each attempt of a run passes as a whole. */
final class PipelineConsumer extends DefaultConsumer implements ShutdownAware, Suspendable {

    private static final Logger LOG = LoggerFactory.getLogger(PipelineConsumer.class);

    private static final Duration SLOT_RETRY_DELAY = Duration.ofSeconds(2);

    private final PauseSwitch pauseSwitch;
    private volatile boolean draining;

    PipelineConsumer(PipelineEndpoint endpoint, Processor processor) {
        super(endpoint, processor);
        pauseSwitch = new PauseSwitch(this, () -> component().ledger().pipelines());
    }

    @Override
    public PipelineEndpoint getEndpoint() {
        return (PipelineEndpoint) super.getEndpoint();
    }

    PauseSwitch pauseSwitch() {
        return pauseSwitch;
    }

    private PipelineComponent component() {
        return getEndpoint().getComponent();
    }

    String name() {
        return getEndpoint().getName();
    }

    @Override
    protected void doInit() throws Exception {
        super.doInit();
        PipelineShutdownStrategy.install(getEndpoint().getCamelContext());
        component().registry().add(this);
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        draining = false;
        if (!getRoute().getRoutePolicyList().contains(pauseSwitch)) {
            getRoute().getRoutePolicyList().add(pauseSwitch);
        }
    }

    @Override
    protected void doResume() throws Exception {
        super.doResume();
        draining = false;
    }

    @Override
    protected void doStop() throws Exception {
        if (component().runner() != null) { // null if the component could not start
            component().runner().stop(this);
        }
        super.doStop();
    }

    @Override
    protected void doShutdown() throws Exception {
        component().unregister(this);
        super.doShutdown();
    }

    /** Refuses a run of a stopped pipeline. A paused one can be run manually. */
    void ensureStarted() {
        if (isStopped() || isStopping() || !(isStarted() || isSuspended() || isSuspending())) {
            throw new UsageException("Pipeline " + name() + " is stopped: start its route "
                    + getRoute().getRouteId() + " first");
        }
    }

    /**
     * Runs the pipeline for a slot, unless it is paused or another process has taken the slot. If the ledger is
     * unavailable, this is retried until the next slot is due.
     */
    void runSlot(Instant slot) {
        try {
            take(slot).ifPresent(component().runner()::start);
        } catch (RuntimeException e) {
            Instant next = getEndpoint()
                    .schedule()
                    .flatMap(schedule -> schedule.next(slot))
                    .orElse(Instant.MAX);
            if (e instanceof PermanentException
                    || Instant.now().plus(SLOT_RETRY_DELAY).isAfter(next)) {
                LOG.error("Pipeline {} could not run for slot {}: {}", name(), slot, Errors.describe(e));
                return;
            }
            LOG.warn("Pipeline {}: slot {} waits for the ledger: {}", name(), slot, Errors.describe(e));
            Future<?> unused = component()
                    .services()
                    .scheduler()
                    .schedule(() -> runSlot(slot), SLOT_RETRY_DELAY.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private Optional<PipelineRun> take(Instant slot) {
        if (pauseSwitch.isPaused()) {
            LOG.info("Pipeline {} is paused: slot {} is skipped", name(), slot);
            return Optional.empty();
        }
        if (draining) {
            LOG.info("Pipeline {} is being stopped: slot {} is skipped", name(), slot);
            return Optional.empty();
        }
        Optional<PipelineRun> run = component().runner().create(this, slot, Trigger.SCHEDULE, Map.of(), null);
        if (run.isEmpty()) {
            LOG.info("Pipeline {}: slot {} was taken by another process", name(), slot);
        }
        return run;
    }

    RunRecord run(Trigger trigger, Map<String, String> parameters, Run caller) {
        PipelineRunner runner = component().runner();
        return runner.execute(
                runner.create(this, null, trigger, parameters, caller).orElseThrow());
    }

    /** Whether the pipeline stops because the whole context does. */
    boolean isProcessEnding() {
        return getEndpoint().getCamelContext().isStopping();
    }

    @Override
    public boolean deferShutdown(ShutdownRunningTask task) {
        draining = true;
        component().runner().drain(this);
        return false;
    }

    @Override
    public int getPendingExchangesSize() {
        return component().runner().countActive(this);
    }

    @Override
    public void prepareShutdown(boolean suspendOnly, boolean forced) {
        // nothing to prepare
    }
}
