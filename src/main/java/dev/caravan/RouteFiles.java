package dev.caravan;

import dev.caravan.run.UsageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.PackageScanResourceResolver;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Refuses what Camel passes over without a word: route files that are no lists, and patterns that match no file. */
final class RouteFiles {

    private static final String FILE = "file:";

    private RouteFiles() {}

    static void check(String patterns, CamelContext context) throws Exception {
        PackageScanResourceResolver files = PluginHelper.getPackageScanResourceResolver(context);
        boolean none = true;
        for (String pattern : patterns.split(",", -1)) {
            Collection<Resource> found = files.findResources(pattern.strip());
            none &= found.isEmpty();
            if (found.isEmpty()) {
                refuseLink(pattern.strip());
            }
            for (Resource file : found) {
                if (file.getLocation().endsWith(".yaml") || file.getLocation().endsWith(".yml")) {
                    check(file);
                }
            }
        }
        if (none) {
            throw new UsageException(
                    "camel.main.routesIncludePattern = " + patterns + " matches no file: put a route there");
        }
    }

    private static void refuseLink(String pattern) {
        int slash = pattern.lastIndexOf('/');
        if (pattern.startsWith(FILE) && slash > FILE.length()) {
            String directory = pattern.substring(FILE.length(), slash);
            if (Files.isSymbolicLink(Path.of(directory))) {
                throw new UsageException(directory + " is a symbolic link, which Camel does not look into: write the"
                        + " directory that it leads to in camel.main.routesIncludePattern");
            }
        }
    }

    private static void check(Resource file) throws IOException {
        try (InputStream yaml = file.getInputStream()) {
            Optional<Node> root = new Compose(LoadSettings.builder().build()).composeInputStream(yaml);
            if (root.isPresent() && !(root.get() instanceof SequenceNode) && !isCustomResource(root.get())) {
                int line = root.get()
                        .getStartMark()
                        .map(mark -> mark.getLine() + 1)
                        .orElse(1);
                throw new UsageException(file.getLocation().replaceFirst("^" + FILE, "") + ", line " + line
                        + ": this is no list, so Camel would not see it: begin each route with '- route:'");
            }
        }
    }

    /** What Camel reads as well, in Kubernetes' manner. */
    private static boolean isCustomResource(Node root) {
        return root instanceof MappingNode fields
                && fields.getValue().stream()
                        .anyMatch(field -> field.getKeyNode() instanceof ScalarNode key
                                && key.getValue().equals("apiVersion"));
    }
}
