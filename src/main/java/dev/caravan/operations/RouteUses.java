package dev.caravan.operations;

import dev.caravan.routes.RouteUris;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.util.StringHelper;

/** The endpoints and data sources that the routes use, as far as known before they run. */
public final class RouteUses {

    private static final Pattern OPEN = Pattern.compile("\\{\\{|\\$\\{");

    private static final Pattern HUBSPOT_API = Pattern.compile("[?&]api=([^&]*)");

    /** The URIs that routes call; null if not known. */
    private final List<String> uris;

    private RouteUses(List<String> uris) {
        this.uris = uris;
    }

    /** Returns what the routes of a Camel context use. */
    public static RouteUses of(CamelContext context) {
        RouteUris uris = new RouteUris(context);
        return new RouteUses(((ModelCamelContext) context)
                .getRouteDefinitions().stream()
                        .flatMap(route -> uris.reaches(route).stream())
                        .toList());
    }

    /** Assumes that everything is used, for routes that cannot be read. */
    public static RouteUses everything() {
        return new RouteUses(null);
    }

    /** Returns whether a route uses a data source, or names one only at run time. */
    public boolean dataSource(String bean) {
        Pattern names = Pattern.compile("(?:^jdbc:|#|dataSource=)" + Pattern.quote(bean) + "(?![\\w-])");
        return uris == null
                || uris.stream()
                        .anyMatch(uri -> names.matcher(uri).find()
                                || (uri.startsWith("jdbc:") && OPEN.matcher(uri).find()));
    }

    /** Returns whether a route reads from an API, or names one only at run time. */
    public boolean api(String bean) {
        Pattern names = Pattern.compile("^api:(?://)?(?:" + Pattern.quote(bean) + "(?![\\w-])|[^/]*(?:" + OPEN + "))");
        return uris == null || uris.stream().anyMatch(uri -> names.matcher(uri).find());
    }

    /** Returns whether a route calls a URI that begins with a prefix. */
    public boolean calls(String uri) {
        return uris == null || uris.stream().anyMatch(each -> each.startsWith(uri));
    }

    /** Returns whether a route reads from HubSpot by an API, or names one only at run time. */
    public boolean hubSpot(String bean) {
        return uris != null && uris.stream().anyMatch(uri -> readsHubSpot(uri, bean));
    }

    /** Returns the types of objects that routes read from HubSpot by an API, as far as they are known. */
    public Set<String> hubSpotObjects(String bean) {
        return uris == null
                ? Set.of()
                : uris.stream()
                        .filter(uri -> readsHubSpot(uri, bean))
                        .map(uri -> StringHelper.before(uri, "?", uri)
                                .substring("hubspot:".length())
                                .replaceFirst("^//", ""))
                        .filter(type -> !OPEN.matcher(type).find())
                        .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean readsHubSpot(String uri, String bean) {
        Matcher option = HUBSPOT_API.matcher(uri);
        String api = option.find() ? option.group(1) : "hubspot";
        return uri.startsWith("hubspot:")
                && (api.equals(bean) || OPEN.matcher(api).find());
    }
}
