package dev.caravan.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.StepDefinition;
import org.apache.camel.spi.InterceptStrategy;

/**
 * The names of steps as the routes' author has written them. Camel's ids of nodes have a prefix that makes them unique
 * among all routes and may depend on the order in which routes are made; this maps them back.
 */
final class StepNames implements InterceptStrategy {

    static final String SEPARATOR = "/";

    private final Map<String, Step> steps = new ConcurrentHashMap<>();

    /**
     * A step.
     *
     * @param route the id of its route; of a route without one its pipeline, or the URI that it begins with; null if it
     *     belongs to no route, but to what handles the errors of several
     * @param name its id, or "step" and its position among the steps of the route
     */
    record Step(String route, String name) {

        /** A name that is unique among the steps of all routes. */
        String path() {
            return route == null ? name : route + SEPARATOR + name;
        }
    }

    /** Remembers the steps around each node; changes nothing. */
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
                                : new Step(PipelineRoutes.name(context, route), name(step, route)));
            }
        }
        return target;
    }

    /** The id that Camel sets on exchanges. */
    private static String id(StepDefinition step) {
        return step.getNodePrefixId() == null ? step.getId() : step.getNodePrefixId() + step.getId();
    }

    private static String name(StepDefinition step, RouteDefinition route) {
        if (step.hasCustomIdAssigned()) {
            return step.getId();
        }
        List<StepDefinition> all = new ArrayList<>(
                ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), StepDefinition.class));
        int position = 0;
        while (position < all.size() && all.get(position) != step) { // compares identities: two steps can be equal
            position++;
        }
        return "step" + (position + 1);
    }

    /** Returns the step that an exchange is in. */
    static Optional<Step> current(Exchange exchange) {
        return Optional.ofNullable(exchange.getProperty(ExchangePropertyKey.STEP_ID, String.class))
                .map(id -> of(exchange.getContext(), id));
    }

    /** Returns the step with an id of Camel. */
    static Step of(CamelContext context, String id) {
        return context.getCamelContextExtension()
                .getContextPlugin(StepNames.class)
                .steps
                .getOrDefault(id, new Step(null, id));
    }
}
