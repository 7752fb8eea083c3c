package dev.caravan.pipeline;

import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.model.ModelLifecycleStrategySupport;
import org.apache.camel.model.RouteDefinition;

/**
 * Lets each route have its own step "extract". Camel wants ids to be unique among all routes, so each route's ids get
 * the route's name in front; in the ledger the steps are called as they are written.
 */
final class StepNames extends ModelLifecycleStrategySupport {

    private static final char SEPARATOR = '/';

    private final AtomicInteger nameless = new AtomicInteger();

    @Override
    public void onAddRouteDefinition(RouteDefinition route) {
        if (route.getNodePrefixId() == null) {
            String name = route.hasCustomIdAssigned() ? route.getId() : "nameless" + nameless.incrementAndGet();
            route.setNodePrefixId(name + SEPARATOR);
        }
    }

    /** The step that an exchange is in, or null. */
    static String current(Exchange exchange) {
        String id = exchange.getProperty(ExchangePropertyKey.STEP_ID, String.class);
        return id == null ? null : written(id);
    }

    /** The step as the route's author named it. */
    static String written(String id) {
        return id.substring(id.lastIndexOf(SEPARATOR) + 1);
    }
}
