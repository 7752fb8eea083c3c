package dev.caravan.pipeline;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.apache.camel.Endpoint;
import org.apache.camel.EndpointAware;
import org.apache.camel.Route;

/** A pipeline's route and the routes that it calls in this process, other pipelines excepted. */
final class RouteGraph {

    private static final int VERSION_LENGTH = 12;

    private final PipelineConsumer pipeline;
    private final RouteIndex index;
    private final Set<Route> routes = new LinkedHashSet<>();
    private final Set<Endpoint> called = new LinkedHashSet<>();

    RouteGraph(PipelineConsumer pipeline, RouteIndex index) {
        this.pipeline = pipeline;
        this.index = index;
        Deque<Route> open = new ArrayDeque<>(List.of(pipeline.getRoute()));
        while (!open.isEmpty()) {
            Route route = open.pop();
            if (routes.add(route)) {
                List<Endpoint> endpoints = endpoints(route);
                called.addAll(endpoints);
                endpoints.forEach(endpoint -> open.addAll(index.beginningWith(endpoint)));
            }
        }
    }

    private static List<Endpoint> endpoints(Route route) {
        return route.filter("*").stream()
                .filter(EndpointAware.class::isInstance)
                .map(processor -> ((EndpointAware) processor).getEndpoint())
                .filter(Objects::nonNull)
                .toList();
    }

    /** The endpoints that are called; those whose names are only known in a run are not among them. */
    Collection<Endpoint> endpoints() {
        return called;
    }

    /** The route of the pipeline, and those that it calls. */
    Collection<Route> routes() {
        return routes;
    }

    /** Another one for other route files, values given to templates, or another schedule. */
    String version() {
        MessageDigest digest = RouteIndex.sha256();
        PipelineEndpoint options = pipeline.getEndpoint();
        update(digest, options.getCron() + " " + options.getTimeZone());
        routes.stream().sorted(Comparator.comparing(Route::getRouteId)).forEach(route -> {
            update(digest, route.getRouteId());
            Map<String, Object> parameters = index.templateParameters(route);
            if (!parameters.isEmpty()) {
                update(digest, new TreeMap<>(parameters).toString());
            }
            update(digest, index.file(route));
        });
        return HexFormat.of().formatHex(digest.digest()).substring(0, VERSION_LENGTH);
    }

    private static void update(MessageDigest digest, String text) {
        digest.update((text + "\0").getBytes(StandardCharsets.UTF_8));
    }
}
