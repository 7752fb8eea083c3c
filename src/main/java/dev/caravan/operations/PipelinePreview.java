package dev.caravan.operations;

import dev.caravan.pipeline.Pipelines;
import dev.caravan.routes.RouteUris;
import dev.caravan.run.Preview;
import dev.caravan.run.UsageException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.util.StringHelper;

/** Shows what a pipeline would load. */
public final class PipelinePreview {

    /** What only reads, and the calls of other routes, which are checked too. */
    private static final Set<String> READERS =
            Set.of("api", "hubspot", "jdbc", "http", "https", "warehouse", "kamelet", "direct", "log", "language");

    private final RouteUris uris;
    private final List<RouteDefinition> routes;

    private PipelinePreview(CamelContext context) {
        this.uris = new RouteUris(context);
        this.routes = ((ModelCamelContext) context).getRouteDefinitions();
    }

    /**
     * Passes the route of a pipeline without a run; its loads read their first rows and change nothing.
     *
     * @param limit how many rows each load reads at most
     * @return the loads that were reached
     * @throws UsageException if the route calls something that could write
     * @throws RuntimeException if the route fails
     */
    public static List<Preview.Load> of(
            CamelContext context, Pipelines pipelines, String name, Map<String, String> parameters, int limit) {
        if (limit < 1) {
            throw new UsageException("--preview must be a number of rows greater than 0");
        }
        pipelines.get(name);
        new PipelinePreview(context).requireReaders("pipeline:" + name);
        Preview preview = new Preview(limit);
        pipelines.preview(name, parameters, preview);
        if (preview.loads().isEmpty()) {
            throw new UsageException("Pipeline " + name + " has reached no load, so there is nothing to show");
        }
        return preview.loads();
    }

    private void requireReaders(String pipeline) {
        Deque<String> open = new ArrayDeque<>(List.of(pipeline));
        Set<String> seen = new HashSet<>();
        while (!open.isEmpty()) {
            String begin = open.pop();
            for (RouteDefinition route : routes) {
                if (uris.begin(route).equals(begin) && seen.add(begin)) {
                    // the first one is where it begins
                    uris.reaches(route).stream().skip(1).forEach(uri -> {
                        requireReader(pipeline, uri);
                        open.push(StringHelper.before(uri, "?", uri).replace("://", ":"));
                    });
                }
            }
        }
    }

    private static void requireReader(String pipeline, String uri) {
        String scheme = StringHelper.before(uri, ":", uri);
        if (!READERS.contains(scheme) || (scheme.equals("direct") && uri.contains("${"))) {
            throw new UsageException(
                    "No preview of " + pipeline + ": its route calls " + StringHelper.before(uri, "?", uri)
                            + ", which could change something. Only pipelines that read and load have one");
        }
    }
}
