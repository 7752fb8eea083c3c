package dev.caravan.pipeline;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.EndpointAware;
import org.apache.camel.Route;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Resource;

/** A pipeline's route and the routes that it calls in this process, other pipelines excepted. */
final class RouteGraph {

    private static final int VERSION_LENGTH = 12;

    private final PipelineConsumer pipeline;
    private final CamelContext context;
    private final Set<Route> routes = new LinkedHashSet<>();
    private final Set<Endpoint> called = new LinkedHashSet<>();

    RouteGraph(PipelineConsumer pipeline) {
        this.pipeline = pipeline;
        this.context = pipeline.getEndpoint().getCamelContext();
        Deque<Route> open = new ArrayDeque<>(List.of(pipeline.getRoute()));
        while (!open.isEmpty()) {
            Route route = open.pop();
            if (routes.add(route)) {
                List<Endpoint> endpoints = endpoints(route);
                called.addAll(endpoints);
                context.getRoutes().stream()
                        .filter(next -> endpoints.contains(next.getEndpoint()))
                        .filter(next -> !(next.getEndpoint() instanceof PipelineEndpoint))
                        .forEach(open::add);
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

    /** Another one for other route files, values given to templates, or another schedule. */
    String version() {
        MessageDigest digest = sha256();
        PipelineEndpoint options = pipeline.getEndpoint();
        update(digest, options.getCron() + " " + options.getTimeZone());
        routes.stream().sorted(Comparator.comparing(Route::getRouteId)).forEach(route -> {
            update(digest, route.getRouteId());
            RouteDefinition definition = ((ModelCamelContext) context).getRouteDefinition(route.getRouteId());
            if (definition != null && definition.getTemplateParameters() != null) {
                update(digest, new TreeMap<>(definition.getTemplateParameters()).toString());
            }
            update(digest, text(route.getSourceResource()));
        });
        return HexFormat.of().formatHex(digest.digest()).substring(0, VERSION_LENGTH);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void update(MessageDigest digest, String text) {
        digest.update((text + "\0").getBytes(StandardCharsets.UTF_8));
    }

    /** Routes in Java have none. */
    private static String text(Resource file) {
        if (file == null) {
            return "";
        }
        try (InputStream text = file.getInputStream()) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return ""; // removed since it was read
        }
    }
}
