package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Service;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Compares the pipelines of running services with the routes of this project. */
public final class Deployment {

    /** The result of the comparison for a pipeline. */
    public enum Match {
        /** The services run the version of this project. */
        CURRENT,
        /** A service runs another version, which it read when it started. */
        CHANGED,
        /** A service does not have it yet. */
        ADDED,
        /** A service still runs it, but this project does not have it. */
        REMOVED
    }

    private final List<Service> services;
    private final Map<String, Match> matches = new TreeMap<>();

    /**
     * @param services the services in the ledger, latest heartbeat first
     * @param versions the versions of this project's pipelines, by name
     */
    Deployment(List<Service> services, Map<String, String> versions) {
        this.services = services;
        Set<String> names = new TreeSet<>(versions.keySet());
        running().forEach(service -> names.addAll(service.versions().keySet()));
        for (String name : names) {
            running()
                    .map(service -> match(versions.get(name), service.versions().get(name)))
                    .max(Match::compareTo)
                    .ifPresent(match -> matches.put(name, match));
        }
    }

    private static Match match(String here, String there) {
        if (here == null) {
            return there == null ? Match.CURRENT : Match.REMOVED;
        }
        return there == null ? Match.ADDED : there.equals(here) ? Match.CURRENT : Match.CHANGED;
    }

    /** Returns all services in the ledger, latest heartbeat first. */
    public List<Service> services() {
        return services;
    }

    /** Returns the services that run now. */
    public Stream<Service> running() {
        return services.stream().filter(Service::running);
    }

    /** Returns the service with the latest heartbeat, whether it still runs or not. */
    public Optional<Service> last() {
        return services.stream().findFirst();
    }

    /** Returns the result for each pipeline, by name; empty if no service runs. */
    public Map<String, Match> matches() {
        return matches;
    }

    /** Returns the names of the pipelines with a result. */
    public List<String> names(Match match) {
        return matches.entrySet().stream()
                .filter(entry -> entry.getValue() == match)
                .map(Map.Entry::getKey)
                .toList();
    }
}
