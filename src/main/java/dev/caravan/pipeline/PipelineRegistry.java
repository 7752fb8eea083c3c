package dev.caravan.pipeline;

import dev.caravan.run.Suggestion;
import dev.caravan.run.UsageException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;

/** The pipelines of a Camel context by name. */
final class PipelineRegistry {

    /** The most names in a message. */
    private static final int MAX_NAMES = 10;

    private final Map<String, PipelineConsumer> pipelines = new ConcurrentSkipListMap<>();

    void add(PipelineConsumer pipeline) {
        PipelineConsumer other = pipelines.put(pipeline.name(), pipeline);
        if (other != null
                && !other.getRoute().getRouteId().equals(pipeline.getRoute().getRouteId())) {
            pipelines.put(pipeline.name(), other);
            throw new UsageException("There are two pipelines " + pipeline.name() + ": routes "
                    + describe(other.getRoute()) + " and " + describe(pipeline.getRoute())
                    + "; give each its own name");
        }
    }

    private static String describe(Route route) {
        String location = route.getSourceLocationShort();
        return route.getRouteId() + (location == null ? "" : " (" + location + ")");
    }

    /** Removes a pipeline; returns whether it was present. */
    boolean remove(PipelineConsumer pipeline) {
        return pipelines.remove(pipeline.name(), pipeline);
    }

    Set<String> names() {
        return pipelines.keySet();
    }

    Collection<PipelineConsumer> all() {
        return pipelines.values();
    }

    Optional<PipelineConsumer> find(String name) {
        return Optional.ofNullable(pipelines.get(name));
    }

    /**
     * Returns a pipeline.
     *
     * @throws UsageException if the name is unknown
     */
    PipelineConsumer get(String name) {
        return find(name)
                .orElseThrow(() -> new UsageException("Unknown pipeline " + name
                        + (pipelines.isEmpty() ? ". No pipelines are defined" : suggestion(name))));
    }

    private String suggestion(String name) {
        return Suggestion.nearest(name, names())
                .map(nearest -> ". Did you mean " + nearest + "?")
                .orElseGet(() -> pipelines.size() > MAX_NAMES
                        ? ". caravan ls lists the " + pipelines.size() + " pipelines"
                        : ". Pipelines: " + String.join(", ", names()));
    }

    /** Returns how many runs of each pipeline can be active, by name. */
    Map<String, Integer> limits() {
        Map<String, Integer> limits = new TreeMap<>();
        pipelines.forEach(
                (name, pipeline) -> limits.put(name, pipeline.getEndpoint().getMaxConcurrentRuns()));
        return limits;
    }

    /** Returns the versions of the pipelines' routes by name. */
    Map<String, String> versions(CamelContext context) {
        RouteIndex index = new RouteIndex(context);
        Map<String, String> versions = new TreeMap<>();
        pipelines.forEach((name, pipeline) -> versions.put(name, new RouteGraph(pipeline, index).version()));
        return versions;
    }
}
