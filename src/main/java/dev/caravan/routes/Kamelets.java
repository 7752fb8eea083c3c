package dev.caravan.routes;

import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteTemplateDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.util.StringHelper;

/** Finds Kamelets: route templates in route files, and files in the configured locations. */
final class Kamelets {

    private static final String SCHEME = "kamelet:";
    private static final String FILE = ".kamelet.yaml";
    /** The two ends of a Kamelet. */
    private static final Set<String> ENDS = Set.of("source", "sink");

    private final ModelCamelContext context;
    private final List<String> locations;

    Kamelets(ModelCamelContext context) {
        this.context = context;
        this.locations = Arrays.stream(context.getPropertiesComponent()
                        .resolveProperty("camel.component.kamelet.location")
                        .orElse("classpath:kamelets")
                        .split(",", -1))
                .map(String::strip)
                .toList();
    }

    /** Returns the name of the Kamelet that an address calls, if it calls one. */
    static Optional<String> called(String address) {
        if (!address.startsWith(SCHEME)) {
            return Optional.empty();
        }
        String name = address.substring(SCHEME.length());
        return Optional.of(StringHelper.before(name, "/", name)).filter(each -> !ENDS.contains(each));
    }

    /**
     * Returns the template of a Kamelet; reads its file first if necessary.
     *
     * @return empty if the Kamelet does not exist
     * @throws Exception if the file cannot be read
     */
    Optional<RouteTemplateDefinition> find(String name) throws Exception {
        if (context.getRouteTemplateDefinition(name) == null) {
            Optional<Resource> file = file(name);
            if (file.isPresent()) {
                PluginHelper.getRoutesLoader(context).loadRoutes(file.get());
            }
        }
        return Optional.ofNullable(context.getRouteTemplateDefinition(name));
    }

    /** Returns the file of a Kamelet, if there is one. */
    Optional<Resource> file(String name) {
        return locations.stream()
                .map(location -> PluginHelper.getResourceLoader(context)
                        .resolveResource(location + (location.endsWith("/") ? "" : "/") + name + FILE))
                .filter(Resource::exists)
                .findFirst();
    }

    /** Returns the locations to search. */
    List<String> locations() {
        return locations;
    }

    /** Returns the known names: those of templates and of files in directories. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        context.getRouteTemplateDefinitions().forEach(template -> names.add(template.getId()));
        for (String location : locations) {
            String[] files = new File(location.replaceFirst("^file:", "")).list();
            if (files != null) {
                Arrays.stream(files)
                        .filter(file -> file.endsWith(FILE))
                        .forEach(file -> names.add(file.substring(0, file.length() - FILE.length())));
            }
        }
        return names;
    }
}
