package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Service;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What the services run, beside what the routes here say. */
public final class Deployment {

    /** How a pipeline of a service and one of the routes compare. */
    public enum Match {
        /** The services run it as it is here. */
        CURRENT,
        /** A service runs another version: it reads the routes when it starts. */
        CHANGED,
        /** A service does not know it yet. */
        ADDED,
        /** A service still runs it, though it is not here any more. */
        REMOVED
    }

    private final List<Service> services;
    private final Map<String, Match> matches = new TreeMap<>();

    /**
     * @param services all that the ledger remembers, the last one first
     * @param versions the pipelines that are here, with their versions
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

    /** The services that run now. */
    public Stream<Service> running() {
        return services.stream().filter(Service::running);
    }

    /** The service that was heard of last, whether it runs or not. */
    public Optional<Service> last() {
        return services.stream().findFirst();
    }

    /** How each pipeline compares, by name; empty if no service runs. */
    public Map<String, Match> matches() {
        return matches;
    }

    /** The pipelines that compare in one way. */
    public List<String> names(Match match) {
        return matches.entrySet().stream()
                .filter(entry -> entry.getValue() == match)
                .map(Map.Entry::getKey)
                .toList();
    }
}
