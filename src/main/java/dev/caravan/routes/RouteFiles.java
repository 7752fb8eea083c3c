package dev.caravan.routes;

import dev.caravan.run.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.camel.CamelContext;
import org.apache.camel.CatalogCamelContext;
import org.apache.camel.main.DefaultRoutesCollector;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.util.FileUtil;

/**
 * Finds and checks the route files. Files with only comments are ignored; files with a mistake are skipped and added to
 * the {@link BrokenRoutes broken} ones.
 */
public final class RouteFiles extends DefaultRoutesCollector {

    private static final String FILE = "file:";
    private static final String LOADER = "routes-builder-loader-";

    private final BrokenRoutes broken;
    private final Map<String, RouteFile> files = new TreeMap<>();
    private final Set<String> placeholders = new TreeSet<>();
    private TemplateCheck templates;
    private List<Resource> good;

    public RouteFiles(BrokenRoutes broken) {
        this.broken = broken;
    }

    @Override
    public Collection<Resource> findRouteResourcesFromDirectory(
            CamelContext context, String excludePattern, String includePattern) {
        if (includePattern == null || includePattern.equals("false")) {
            return List.of();
        }
        if (good != null) {
            return good; // Camel calls this twice
        }
        broken.bindTo(context);
        // the first call lacks the exclusions
        String exclusions = context.getPropertiesComponent()
                .resolveProperty("camel.main.routesExcludePattern")
                .orElse(excludePattern);
        Collection<Resource> found = super.findRouteResourcesFromDirectory(context, exclusions, includePattern).stream()
                .filter(file -> !FileUtil.stripPath(RouteFile.name(file)).startsWith("."))
                .toList();
        if (found.isEmpty()) {
            List.of(includePattern.split(",", -1)).forEach(pattern -> rejectSymbolicLink(pattern.strip()));
            throw new UsageException(
                    "camel.main.routesIncludePattern = " + includePattern + " matches no file: add a route there");
        }
        Catalog catalog = new Catalog((CatalogCamelContext) context);
        LiteralParameters loader = loader(context, catalog);
        good = new ArrayList<>();
        found.forEach(file -> placeholders.addAll(SettingsFiles.placeholders(RouteFile.anyText(file))));
        for (Resource file : found) {
            if (!isYaml(file)) {
                good.add(file);
            } else if (!broken.contains(RouteFile.name(file)) && read(file)) {
                good.add(file);
                context.getRegistry().bind(LOADER + FileUtil.onlyExt(file.getLocation(), false), loader);
            }
        }
        OptionCheck options = new OptionCheck(context, catalog);
        skipLinks(includePattern, exclusions);
        check(options, new KameletCheck(new Kamelets((ModelCamelContext) context), options));
        good.removeIf(file -> broken.contains(RouteFile.name(file)));
        return good;
    }

    private static boolean isYaml(Resource file) {
        return file.getLocation().endsWith(".yaml") || file.getLocation().endsWith(".yml");
    }

    private LiteralParameters loader(CamelContext context, Catalog catalog) {
        LiteralParameters loader = new LiteralParameters(catalog, file -> {
            RouteFile read = files.get(RouteFile.name(file));
            return read == null || read.hasBeans();
        });
        loader.setCamelContext(context);
        loader.start();
        return loader;
    }

    private static void rejectSymbolicLink(String pattern) {
        int slash = pattern.replaceFirst("\\*.*", "").lastIndexOf('/');
        if (pattern.startsWith(FILE) && slash > FILE.length()) {
            String directory = pattern.substring(FILE.length(), slash);
            if (Files.isSymbolicLink(Path.of(directory))) {
                throw new UsageException(directory + " is a symbolic link, which Camel does not follow: set"
                        + " camel.main.routesIncludePattern to its target");
            }
        }
    }

    /** Reports the links by which routes are missing. */
    private void skipLinks(String patterns, String exclusions) {
        Set<String> links = new TreeSet<>();
        for (String pattern : patterns.split(",", -1)) {
            try {
                IgnoredLinks.find(pattern.strip(), exclusions == null ? null : exclusions.split(",", -1))
                        .forEach(link -> links.add(link.toString().replace('\\', '/')));
            } catch (IOException e) {
                throw new UsageException("Cannot read the directory of " + pattern + ": " + e.getMessage(), e);
            }
        }
        links.forEach(link -> broken.add(
                new RouteMistake(
                        link,
                        0,
                        "a link to a directory, which Camel does not follow, or to nothing: link the files in it, or"
                                + " remove the link"),
                Set.of()));
    }

    /** Returns whether the file has routes and can be read. */
    private boolean read(Resource file) {
        try {
            Optional<RouteFile> routes = RouteFile.read(file);
            routes.ifPresent(each -> files.put(each.name(), each));
            return routes.isPresent();
        } catch (RouteMistake mistake) {
            broken.add(mistake, RouteFile.namedIn(file));
            return false;
        }
    }

    private void check(OptionCheck options, KameletCheck kamelets) {
        List<RouteFile> all = List.copyOf(files.values());
        templates = new TemplateCheck(options, all);
        each(file -> file.endpoints().forEach(endpoint -> options.check(file.name(), endpoint)));
        each(file -> file.endpoints().forEach(endpoint -> kamelets.check(file.name(), endpoint)));
        each(file -> file.templatedRoutes().forEach(route -> templates.check(file.name(), route)));
        rejectDuplicates("another route has the id ", RouteFile::routeIds);
        rejectDuplicates("another route begins with ", this::begins);
    }

    private void each(Consumer<RouteFile> check) {
        for (RouteFile file : List.copyOf(files.values())) {
            try {
                check.accept(file);
            } catch (RouteMistake mistake) {
                skip(mistake);
            }
        }
    }

    /** Skips both files, as either may be the wrong one. */
    private void rejectDuplicates(String what, Function<RouteFile, Map<String, Integer>> names) {
        Map<String, String> owners = new HashMap<>();
        List<RouteMistake> mistakes = new ArrayList<>();
        for (RouteFile file : files.values()) {
            names.apply(file).forEach((name, line) -> {
                String other = owners.putIfAbsent(name, file.name());
                if (other != null) {
                    int otherLine = names.apply(files.get(other)).get(name);
                    mistakes.add(duplicate(file.name(), line, what + name, other, otherLine));
                    mistakes.add(duplicate(other, otherLine, what + name, file.name(), line));
                }
            });
        }
        mistakes.forEach(this::skip);
    }

    private static RouteMistake duplicate(String file, int line, String what, String other, int otherLine) {
        return new RouteMistake(file, line, what + " too: " + other + ", line " + otherLine + "; use different ones");
    }

    /** Returns the settings that the files refer to, including files with mistakes. */
    public Set<String> placeholders() {
        return placeholders;
    }

    /** Skips a file at the next start. */
    public void skip(RouteMistake mistake) {
        RouteFile file = files.get(mistake.file());
        broken.add(mistake, file == null ? Set.of() : begins(file).keySet());
    }

    /** Returns the lines where the routes of a file begin, by address. */
    private Map<String, Integer> begins(RouteFile file) {
        Map<String, Integer> begins = new HashMap<>(file.begins());
        for (YamlTemplate route : file.templatedRoutes()) {
            String begin = templates.begin(route);
            if (begin != null) {
                begins.putIfAbsent(begin, route.line());
            }
        }
        return begins;
    }

    /** Creates a mistake at the line at or after {@code near} that its message refers to. */
    RouteMistake mistake(String file, int near, String mistake) {
        RouteFile written = files.get(file);
        return new RouteMistake(file, written == null ? near : written.lineOf(mistake, near), mistake);
    }

    /** Creates a mistake in a templated route, at the line of its parameters. */
    Optional<RouteMistake> inTemplated(RouteDefinition route, String mistake, Throwable cause) {
        Map<String, Object> parameters = route.getTemplateParameters();
        if (parameters == null) {
            return Optional.empty();
        }
        for (RouteFile file : files.values()) {
            for (YamlTemplate templated : file.templatedRoutes()) {
                if (templated.makes(route.getRouteId(), parameters)) {
                    return Optional.of(new RouteMistake(
                            file.name(),
                            file.lineOf(mistake, templated.line()),
                            mistake + " (route template " + templated.id() + ")",
                            cause));
                }
            }
        }
        return Optional.empty();
    }

    /** Explains that a missing route is in a broken file, if so. */
    Optional<String> brokenFileOf(String address) {
        return broken.mistakes().stream()
                .filter(mistake -> broken.begins(mistake).contains(address))
                .findFirst()
                .map(mistake -> ". It is in a skipped file: " + mistake.getMessage());
    }

    /** Returns the file of a name, if it could be read. */
    Optional<RouteFile> file(String name) {
        return Optional.ofNullable(files.get(name));
    }

    Collection<RouteFile> files() {
        return files.values();
    }
}
