package dev.caravan.pipeline;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Route;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Resource;

/** The routes of a context and their files, read once for the graphs of all pipelines. */
final class RouteIndex {

    private final Map<Endpoint, List<Route>> called;
    private final Map<String, RouteDefinition> definitions = new HashMap<>();
    private final Map<String, String> files = new HashMap<>();

    RouteIndex(CamelContext context) {
        called = context.getRoutes().stream()
                .filter(route -> !(route.getEndpoint() instanceof PipelineEndpoint))
                .collect(Collectors.groupingBy(Route::getEndpoint));
        ((ModelCamelContext) context)
                .getRouteDefinitions()
                .forEach(definition -> definitions.putIfAbsent(definition.getRouteId(), definition));
    }

    /** Returns the routes that begin with an endpoint, those of pipelines excepted. */
    List<Route> beginningWith(Endpoint endpoint) {
        return called.getOrDefault(endpoint, List.of());
    }

    /** Returns the values that a route's template was given; empty for a route without a template. */
    Map<String, Object> templateParameters(Route route) {
        RouteDefinition definition = definitions.get(route.getRouteId());
        return definition == null || definition.getTemplateParameters() == null
                ? Map.of()
                : definition.getTemplateParameters();
    }

    /** Returns a digest of the file that a route is written in; empty for a route in Java. */
    String file(Route route) {
        Resource file = route.getSourceResource();
        return file == null ? "" : files.computeIfAbsent(file.getLocation(), location -> digest(file));
    }

    private static String digest(Resource file) {
        try (InputStream text = file.getInputStream()) {
            return HexFormat.of().formatHex(sha256().digest(text.readAllBytes()));
        } catch (IOException e) {
            return ""; // removed since it was read
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
