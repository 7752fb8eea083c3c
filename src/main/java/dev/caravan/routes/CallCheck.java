package dev.caravan.routes;

import dev.caravan.run.Suggestion;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.util.StringHelper;

/** Finds calls of pipelines and of direct routes that do not exist, before anything runs. */
public final class CallCheck {

    private static final Set<String> ROUTES = Set.of("pipeline", "direct");

    private CallCheck() {}

    /**
     * Leaves out the files whose routes call a route that is not there.
     *
     * @param context with the definitions of all routes
     * @return whether there were any
     */
    public static boolean breaks(ModelCamelContext context, RouteFiles files) {
        RouteUris uris = new RouteUris(context);
        Set<String> begins = new HashSet<>();
        context.getRouteDefinitions().forEach(route -> begins.add(uris.begin(route)));
        boolean found = false;
        for (RouteDefinition route : context.getRouteDefinitions()) {
            for (RouteUris.Call call : uris.calls(route)) {
                String scheme = StringHelper.before(call.address(), ":", "");
                if (ROUTES.contains(scheme) && !begins.contains(call.address())) {
                    String mistake = "no route begins with " + call.address()
                            + files.whereItWas(call.address())
                                    .orElseGet(() -> Suggestion.didYouMean(call.address(), of(scheme, begins)));
                    Optional<RouteMistake> written = files.inTemplated(route, mistake, null)
                            .or(() -> Optional.ofNullable(route.getResource())
                                    .map(file -> files.mistake(RouteFile.name(file), call.line(), mistake)));
                    written.ifPresent(files::breaks);
                    found |= written.isPresent();
                }
            }
        }
        return found;
    }

    private static List<String> of(String scheme, Set<String> addresses) {
        return addresses.stream()
                .filter(address -> address.startsWith(scheme + ":"))
                .toList();
    }
}
