package dev.caravan.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.model.ModelLifecycleStrategySupport;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.StepDefinition;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.util.URISupport;

/**
 * The names of steps, as their author knows them. Camel wants ids to be unique among all routes, and so puts something in
 * front of them, which may depend on the order in which routes are made; this remembers what each id stands for. It also
 * lets each route have its own step "extract".
 */
final class StepNames extends ModelLifecycleStrategySupport implements InterceptStrategy {

    private static final String SEPARATOR = "/";
    private static final String PIPELINE = "pipeline:";

    private final AtomicInteger nameless = new AtomicInteger();
    private final Map<String, Step> steps = new ConcurrentHashMap<>();

    /**
     * A step.
     *
     * @param route the id of its route; of a route without one its pipeline, or the URI that it begins with; null if it
     *     belongs to no route, but to what handles the errors of several
     * @param name its id, or "step" and its position among the steps of the route
     */
    record Step(String route, String name) {

        /** What no other step of all routes has. */
        String path() {
            return route == null ? name : route + SEPARATOR + name;
        }
    }

    @Override
    public void onAddRouteDefinition(RouteDefinition route) {
        if (route.getNodePrefixId() == null) {
            String name = route.hasCustomIdAssigned() ? route.getId() : "nameless" + nameless.incrementAndGet();
            route.setNodePrefixId(name + SEPARATOR);
        }
    }

    /** Called when a route has been resolved, for each node of it. */
    @Override
    public Processor wrapProcessorInInterceptors(
            CamelContext context, NamedNode definition, Processor target, Processor nextTarget) {
        for (NamedNode node = definition; node != null; node = node.getParent()) {
            if (node instanceof StepDefinition step) {
                RouteDefinition route = ProcessorDefinitionHelper.getRoute(step);
                steps.put(
                        id(step),
                        route == null
                                ? new Step(null, step.getId())
                                : new Step(route(context, route), name(step, route)));
            }
        }
        return target;
    }

    /** As Camel puts it on exchanges. */
    private static String id(StepDefinition step) {
        return step.getNodePrefixId() == null ? step.getId() : step.getNodePrefixId() + step.getId();
    }

    private static String route(CamelContext context, RouteDefinition route) {
        if (route.hasCustomIdAssigned() && !Boolean.TRUE.equals(route.isKamelet())) {
            return route.getId();
        }
        String uri = URISupport.stripQuery(
                        context.resolvePropertyPlaceholders(route.getInput().getEndpointUri()))
                .replaceFirst("://", ":");
        return uri.startsWith(PIPELINE) ? uri.substring(PIPELINE.length()) : URISupport.sanitizeUri(uri);
    }

    private static String name(StepDefinition step, RouteDefinition route) {
        if (step.hasCustomIdAssigned()) {
            return step.getId();
        }
        List<StepDefinition> all = new ArrayList<>(
                ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), StepDefinition.class));
        int position = 0;
        while (position < all.size() && all.get(position) != step) { // steps that are alike are not the same
            position++;
        }
        return "step" + (position + 1);
    }

    /** The step that an exchange is in. */
    static Optional<Step> current(Exchange exchange) {
        return Optional.ofNullable(exchange.getProperty(ExchangePropertyKey.STEP_ID, String.class))
                .map(id -> of(exchange.getContext(), id));
    }

    /** The step of an id that Camel has given it. */
    static Step of(CamelContext context, String id) {
        return context.getCamelContextExtension()
                .getContextPlugin(StepNames.class)
                .steps
                .getOrDefault(id, new Step(null, id));
    }
}
