package dev.caravan.operations;

import dev.caravan.routes.RouteUris;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.model.ModelCamelContext;

/** What the routes reach, as far as that is known before they run: nobody needs the settings of anything else. */
public final class RouteUses {

    private static final Pattern OPEN = Pattern.compile("\\{\\{|\\$\\{");

    /** The URIs that routes call; null if that is not known. */
    private final List<String> uris;

    private RouteUses(List<String> uris) {
        this.uris = uris;
    }

    /** Of the routes of a Camel context. */
    public static RouteUses of(CamelContext context) {
        RouteUris uris = new RouteUris(context);
        return new RouteUses(((ModelCamelContext) context)
                .getRouteDefinitions().stream()
                        .flatMap(route -> uris.reaches(route).stream())
                        .toList());
    }

    /** Where the routes cannot be read, they may use everything. */
    public static RouteUses everything() {
        return new RouteUses(null);
    }

    /** Whether a route uses a data source, or may do so because the name is found when it runs. */
    public boolean dataSource(String bean) {
        Pattern names = Pattern.compile("(?:^jdbc:|#|dataSource=)" + Pattern.quote(bean) + "(?![\\w-])");
        return uris == null
                || uris.stream()
                        .anyMatch(uri -> names.matcher(uri).find()
                                || (uri.startsWith("jdbc:") && OPEN.matcher(uri).find()));
    }

    /** Whether a route calls something whose URI begins so. */
    public boolean calls(String uri) {
        return uris == null || uris.stream().anyMatch(each -> each.startsWith(uri));
    }
}
