package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.Run;
import dev.caravan.run.UsageException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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
     * Whether the pipeline runs for a slot that is due; says so if it does not.
     *
     * @param pauses the pipelines in the ledger
     */
    boolean takes(Instant slot, Map<String, Pause> pauses) {
        if (isStopped()) {
            LOG.info("Pipeline {} is stopped: slot {} is skipped", name(), slot);
            return false;
        }
        if (pauseSwitch.isPaused(pauses)) {
            LOG.info("Pipeline {} is paused: slot {} is skipped", name(), slot);
            return false;
        }
        if (draining) {
            LOG.info("Pipeline {} is being stopped: slot {} is skipped", name(), slot);
            return false;
        }
        return true;
    }

    /** Whether the pipeline takes runs that wait elsewhere. A paused one does: they were asked for, or due before. */
    boolean takesWaiting() {
        return (isStarted() || isSuspended()) && !draining && !isProcessEnding();
    }

    /** Runs the pipeline for a slot. */
    void runSlot(Instant slot) {
        component().slotRuns().start(slot, List.of(this));
    }

    RunRecord run(Trigger trigger, Map<String, String> parameters, Run caller) {
        PipelineRunner runner = component().runner();
        return runner.execute(runner.create(this, trigger, parameters, caller));
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
