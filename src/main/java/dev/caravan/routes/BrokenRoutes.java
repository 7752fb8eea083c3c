package dev.caravan.routes;

import dev.caravan.run.UsageException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.camel.CamelContext;

/** The route files that are skipped because of a mistake, while the others run. */
public final class BrokenRoutes {

    private static final String PIPELINE = "pipeline:";
    private static final String NAME = "caravan-broken-routes";

    private final Map<String, RouteMistake> mistakes = new TreeMap<>();
    private final Map<String, Set<String>> begins = new HashMap<>();

    /** Returns the broken files of a Camel context. */
    public static BrokenRoutes of(CamelContext context) {
        BrokenRoutes broken = context.getRegistry().lookupByNameAndType(NAME, BrokenRoutes.class);
        return broken == null ? new BrokenRoutes() : broken;
    }

    /** Registers these as the broken files of a Camel context. */
    public void bindTo(CamelContext context) {
        context.getRegistry().bind(NAME, this);
    }

    /** Skips a file. Only its first mistake is reported. */
    void add(RouteMistake mistake, Set<String> beginsOfFile) {
        mistakes.putIfAbsent(mistake.file(), mistake);
        begins.putIfAbsent(mistake.file(), beginsOfFile);
    }

    /** Returns whether a file is skipped. */
    public boolean contains(String file) {
        return mistakes.containsKey(file);
    }

    /** Returns the URIs at which the routes of a file begin, as far as they can be read. */
    Set<String> begins(RouteMistake mistake) {
        return begins.getOrDefault(mistake.file(), Set.of());
    }

    /** Returns the mistakes, one per file, ordered by file. */
    public Collection<RouteMistake> mistakes() {
        return mistakes.values();
    }

    /** Returns the names of the pipelines that a file defines, as far as they can be read. */
    public List<String> pipelines(RouteMistake mistake) {
        return begins(mistake).stream()
                .filter(begin -> begin.startsWith(PIPELINE))
                .map(begin -> begin.substring(PIPELINE.length()))
                .sorted()
                .toList();
    }

    /**
     * Checks that a pipeline is not in a broken file.
     *
     * @throws UsageException with the file's mistake
     */
    public void require(String pipeline) {
        for (RouteMistake mistake : mistakes.values()) {
            if (begins(mistake).contains(PIPELINE + pipeline)) {
                throw mistake;
            }
        }
    }

    /**
     * Checks that no file is broken.
     *
     * @throws UsageException with the first mistake
     */
    public void requireNone() {
        if (!mistakes.isEmpty()) {
            throw mistakes.values().iterator().next();
        }
    }
}
