package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.pipeline.ledger.PipelineTable;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.spi.RouteController;
import org.apache.camel.support.RoutePolicySupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the pause in the ledger and the state of the pipeline's route the same. Camel calls the policies of a route when
 * the route is suspended or resumed, but not when it suspends consumers during shutdown.
 */
final class PauseSwitch extends RoutePolicySupport {

    private static final Logger LOG = LoggerFactory.getLogger(PauseSwitch.class);

    private final PipelineConsumer consumer;
    private final Supplier<PipelineTable> pipelines;
    private volatile Pause known = new Pause(false, 0);
    /** A change that could not be written to the ledger, or null. */
    private volatile Boolean unsaved;

    PauseSwitch(PipelineConsumer consumer, Supplier<PipelineTable> pipelines) {
        this.consumer = consumer;
        this.pipelines = pipelines;
    }

    @Override
    public void onSuspend(Route route) {
        save(true);
    }

    @Override
    public void onResume(Route route) {
        save(false);
    }

    /**
     * Whether scheduled runs are skipped: by a change here that is not saved yet, else by the ledger.
     *
     * @param saved the pipelines in the ledger
     */
    boolean isPaused(Map<String, Pause> saved) {
        Boolean change = unsaved;
        Pause pause = saved.get(consumer.name());
        return change == null ? pause != null && pause.paused() : change;
    }

    private void save(boolean paused) {
        if (unsaved == null && known.paused() == paused) {
            return;
        }
        try {
            known = pipelines.get().pause(consumer.name(), paused);
            unsaved = null;
            LOG.info("Pipeline {} is {}", consumer.name(), paused ? "paused" : "resumed");
        } catch (RuntimeException e) {
            unsaved = paused;
            LOG.warn(
                    "Pipeline {} is {} in this process only, until the ledger answers: {}",
                    consumer.name(),
                    paused ? "paused" : "resumed",
                    Errors.describe(e));
        }
    }

    /** Applies the pause of the ledger to the route, or saves an unsaved change if the ledger has no later one. */
    void follow(Pause saved) throws Exception {
        Boolean change = unsaved;
        if (change != null && saved.revision() == known.revision()) {
            save(change);
            return;
        }
        unsaved = null; // overruled by a later change
        if (saved.revision() > known.revision()) {
            known = saved;
        }
        RouteController routes = consumer.getEndpoint().getCamelContext().getRouteController();
        String route = consumer.getRoute().getRouteId();
        ServiceStatus status = routes.getRouteStatus(route);
        if (known.paused() && status.isStarted()) {
            routes.suspendRoute(route);
            LOG.info("Pipeline {} is paused", consumer.name());
        } else if (!known.paused() && status.isSuspended()) {
            routes.resumeRoute(route);
            LOG.info("Pipeline {} is resumed", consumer.name());
        }
    }
}
