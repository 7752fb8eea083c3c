package dev.caravan.pipeline;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.ExtendedCamelContext;
import org.apache.camel.NamedNode;
import org.apache.camel.model.DynamicRouterDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.EnrichDefinition;
import org.apache.camel.model.ModelLifecycleStrategySupport;
import org.apache.camel.model.PollEnrichDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RecipientListDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RoutingSlipDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.util.URISupport;

/**
 * The routes of pipelines: those that begin with {@code pipeline:}, and those that they call, also through one another. A
 * call by a dynamic URI can reach any {@code direct:} or {@code seda:} route. Their nodes get ids that are unique among all routes, and their exchanges pass {@link RunInterceptor}.
 * Other routes stay as they are, unless an id in them is used by another route too, with which Camel would not start.
 */
final class PipelineRoutes extends ModelLifecycleStrategySupport {

    private static final String PIPELINE = "pipeline:";

    private final CamelContext context;
    private final List<RouteDefinition> routes = new ArrayList<>();
    private final AtomicInteger nameless = new AtomicInteger();
    /** The URIs of the routes of pipelines. */
    private volatile Set<String> uris = Set.of();

    private boolean hooked;

    PipelineRoutes(CamelContext context, Collection<RouteDefinition> routes) {
        this.context = context;
        add(routes);
    }

    @Override
    public void onAddRouteDefinition(RouteDefinition route) {
        add(List.of(route));
    }

    @Override
    public synchronized void onRemoveRouteDefinition(RouteDefinition route) {
        routes.remove(route);
    }

    private synchronized void add(Collection<RouteDefinition> added) {
        routes.addAll(added);
        uris = reachable();
        if (uris.isEmpty()) {
            return;
        }
        Set<String> duplicates = duplicateIds();
        for (RouteDefinition route : added) {
            if (route.getNodePrefixId() == null
                    && (contains(route) || ids(route).stream().anyMatch(duplicates::contains))) {
                String name = route.hasCustomIdAssigned() ? route.getId() : "nameless" + nameless.incrementAndGet();
                route.setNodePrefixId(name + StepNames.SEPARATOR);
            }
            if (contains(route)) {
                pollWhatIsNamed(route);
            }
        }
        if (!hooked) {
            hooked = true;
            StepNames names = new StepNames();
            ExtendedCamelContext extension = context.getCamelContextExtension();
            extension.addInterceptStrategy(new RunInterceptor(this));
            extension.addContextPlugin(StepNames.class, names);
            extension.addInterceptStrategy(names);
        }
    }

    /** Camel's optimized poll of files ignores a computed fileName at first, and returns another file. */
    private static void pollWhatIsNamed(RouteDefinition route) {
        ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), PollEnrichDefinition.class).stream()
                .filter(poll -> poll.getAllowOptimisedComponents() == null)
                .forEach(poll -> poll.setAllowOptimisedComponents("false"));
    }

    private Set<String> duplicateIds() {
        Set<String> all = new HashSet<>();
        return routes.stream()
                .flatMap(route -> ids(route).stream())
                .filter(id -> !all.add(id))
                .collect(Collectors.toSet());
    }

    /** The ids that the author has given to the nodes of a route. */
    private static Set<String> ids(RouteDefinition route) {
        return Set.copyOf(ProcessorDefinitionHelper.gatherAllNodeIds(route, new ArrayList<>(), true, false));
    }

    private Set<String> reachable() {
        Map<String, List<RouteDefinition>> byUri = routes.stream().collect(Collectors.groupingBy(this::uri));
        Set<String> reached = new HashSet<>();
        Deque<String> open = new ArrayDeque<>();
        byUri.keySet().stream().filter(uri -> uri.startsWith(PIPELINE)).forEach(open::add);
        while (!open.isEmpty()) {
            String uri = open.pop();
            if (reached.add(uri)) {
                byUri.getOrDefault(uri, List.of()).stream()
                        .flatMap(route -> called(route, byUri.keySet()))
                        .forEach(open::add);
            }
        }
        return reached;
    }

    private Stream<String> called(RouteDefinition route, Set<String> all) {
        return ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class).stream()
                .flatMap(node -> called(node, all));
    }

    private Stream<String> called(ProcessorDefinition<?> node, Set<String> all) {
        if (node instanceof EndpointRequiredDefinition fixed) {
            return Stream.of(normalize(fixed.getEndpointUri()));
        }
        if (node instanceof ToDynamicDefinition call && !call.getUri().contains("${")) {
            return Stream.of(normalize(call.getUri()));
        }
        return node instanceof ToDynamicDefinition
                        || node instanceof RecipientListDefinition
                        || node instanceof RoutingSlipDefinition
                        || node instanceof DynamicRouterDefinition
                        || node instanceof EnrichDefinition
                ? all.stream().filter(uri -> uri.matches("(direct|seda):.*"))
                : Stream.of();
    }

    /** Whether a node belongs to a route of a pipeline, or handles the errors of several routes. */
    boolean contains(NamedNode node) {
        RouteDefinition route = ProcessorDefinitionHelper.getRoute(node);
        return route == null || Boolean.TRUE.equals(route.isKamelet()) || uris.contains(uri(route));
    }

    /**
     * The name of a route that does not depend on the order in which routes are made: its id if the author has given it
     * one, else its pipeline, else its URI.
     */
    static String name(CamelContext context, RouteDefinition route) {
        if (route.hasCustomIdAssigned() && !Boolean.TRUE.equals(route.isKamelet())) {
            return route.getId();
        }
        String uri = normalize(context, route.getInput().getEndpointUri());
        return uri.startsWith(PIPELINE) ? uri.substring(PIPELINE.length()) : URISupport.sanitizeUri(uri);
    }

    private String uri(RouteDefinition route) {
        return Optional.ofNullable(route.getInput())
                .map(input -> normalize(input.getEndpointUri()))
                .orElse("");
    }

    /** Placeholders that are unknown yet, as those of a template, stay. */
    private String normalize(String uri) {
        try {
            return normalize(context, uri);
        } catch (IllegalArgumentException e) {
            return uri;
        }
    }

    private static String normalize(CamelContext context, String uri) {
        return URISupport.stripQuery(context.resolvePropertyPlaceholders(uri)).replaceFirst("://", ":");
    }
}
