package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Pause;
import org.apache.camel.Route;
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

    private void tell(boolean paused) {
        if (known.paused() != paused) {
            try {
                known = consumer.getEndpoint()
                        .getComponent()
                        .runner()
                        .ledger()
                        .pipelines()
                        .pause(consumer.name(), paused);
                LOG.info("Pipeline {} is {}", consumer.name(), paused ? "paused" : "resumed");
            } catch (RuntimeException e) {
                LOG.error(
                        "Pipeline {} is {} in this process only, until it ends: the ledger does not answer: {}",
                        consumer.name(),
                        paused ? "paused" : "resumed",
                        e.getMessage());
            }
        }
    }

    /** Follows what another process has told the ledger. */
    void follow(Pause told) throws Exception {
        if (told.revision() <= known.revision()) {
            return;
        }
        known = told;
        RouteController routes = consumer.getEndpoint().getCamelContext().getRouteController();
        String route = consumer.getRoute().getRouteId();
        boolean suspended = routes.getRouteStatus(route).isSuspended();
        if (told.paused() && !suspended && routes.getRouteStatus(route).isStarted()) {
            routes.suspendRoute(route);
            LOG.info("Pipeline {} is paused", consumer.name());
        } else if (!told.paused() && suspended) {
            routes.resumeRoute(route);
            LOG.info("Pipeline {} is resumed", consumer.name());
        }
    }
}
