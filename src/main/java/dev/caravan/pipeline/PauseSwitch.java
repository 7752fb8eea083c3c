package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Errors;
import dev.caravan.pipeline.ledger.Pause;
import dev.caravan.pipeline.ledger.PipelineTable;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.spi.RouteController;
import org.apache.camel.support.RoutePolicySupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the state of a pipeline's route and the ledger's word of it the same. Camel calls a route's policies when
 * somebody suspends or resumes the route, but not when it suspends consumers on its way down.
 */
final class PauseSwitch extends RoutePolicySupport {

    private static final Logger LOG = LoggerFactory.getLogger(PauseSwitch.class);

    private final PipelineConsumer consumer;
    private volatile Pause known = new Pause(false, 0);
    /** What the ledger could not be told, or null. */
    private volatile Boolean untold;

    PauseSwitch(PipelineConsumer consumer) {
        this.consumer = consumer;
    }

    @Override
    public void onSuspend(Route route) {
        tell(true);
    }

    @Override
    public void onResume(Route route) {
        tell(false);
    }

    /** Whether slots pass by: what was said here last, or else the ledger's word. */
    boolean paused() {
        Boolean word = untold;
        return word == null ? pipelines().paused(consumer.name()) : word;
    }

    private PipelineTable pipelines() {
        return consumer.getEndpoint().getComponent().runner().ledger().pipelines();
    }

    private void tell(boolean paused) {
        if (untold == null && known.paused() == paused) {
            return;
        }
        try {
            known = pipelines().pause(consumer.name(), paused);
            untold = null;
            LOG.info("Pipeline {} is {}", consumer.name(), paused ? "paused" : "resumed");
        } catch (RuntimeException e) {
            untold = paused;
            LOG.warn(
                    "Pipeline {} is {} in this process only, until the ledger answers: {}",
                    consumer.name(),
                    paused ? "paused" : "resumed",
                    Errors.describe(e));
        }
    }

    /** Brings the route and the ledger together, whichever of them has heard the last word. */
    void follow(Pause told) throws Exception {
        Boolean word = untold;
        if (word != null && told.revision() == known.revision()) {
            tell(word);
            return;
        }
        untold = null; // somebody else has spoken since
        if (told.revision() > known.revision()) {
            known = told;
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
