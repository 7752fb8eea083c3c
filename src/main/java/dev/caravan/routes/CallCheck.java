package dev.caravan.routes;

import dev.caravan.run.Suggestion;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.util.StringHelper;

/** Finds calls of missing pipelines, direct routes and Kamelets before anything runs. */
public final class CallCheck {

    private static final Set<String> ROUTES = Set.of("pipeline", "direct");

    /** Routes of earlier versions, and what has replaced them. */
    private static final Map<String, String> REPLACED = Map.of(
            "direct:exchange-rates",
            ". It has been replaced by api:openexchangerates/RESOURCE with records: /, see docs/exchange-rates.md");

    private CallCheck() {}

    /**
     * Skips the files whose routes call a missing route or Kamelet.
     *
     * @param context has the definitions of all routes
     * @return whether a file was skipped
     */
    public static boolean skipBroken(ModelCamelContext context, RouteFiles files) {
        RouteUris uris = new RouteUris(context);
        Kamelets kamelets = new Kamelets(context);
        Set<String> begins = new HashSet<>();
        context.getRouteDefinitions().forEach(route -> begins.add(uris.begin(route)));
        boolean found = false;
        for (RouteDefinition route : context.getRouteDefinitions()) {
            for (RouteUris.Call call : uris.calls(route)) {
                Optional<String> wrong =
                        missingRoute(call.address(), begins, files).or(() -> missingKamelet(call.address(), kamelets));
                if (wrong.isPresent()) {
                    String mistake = wrong.get();
                    Optional<RouteMistake> written = files.inTemplated(route, mistake, null)
                            .or(() -> Optional.ofNullable(route.getResource())
                                    .map(file -> files.mistake(RouteFile.name(file), call.line(), mistake)));
                    written.ifPresent(files::skip);
                    found |= written.isPresent();
                }
            }
        }
        return found;
    }

    private static Optional<String> missingRoute(String address, Set<String> begins, RouteFiles files) {
        String scheme = StringHelper.before(address, ":", "");
        return ROUTES.contains(scheme) && !begins.contains(address)
                ? Optional.of("no route begins with " + address
                        + Optional.ofNullable(REPLACED.get(address))
                                .or(() -> files.brokenFileOf(address))
                                .orElseGet(() -> Suggestion.didYouMean(address, of(scheme, begins))))
                : Optional.empty();
    }

    private static Optional<String> missingKamelet(String address, Kamelets kamelets) {
        return Kamelets.called(address).flatMap(name -> {
            try {
                return kamelets.find(name).isPresent()
                        ? Optional.empty()
                        : Optional.of("unknown Kamelet " + name + " in "
                                + String.join(", ", kamelets.locations())
                                + Suggestion.didYouMean(name, kamelets.names()));
            } catch (Exception e) {
                return Optional.of("cannot read Kamelet " + name + ": " + e.getMessage());
            }
        });
    }

    private static List<String> of(String scheme, Set<String> addresses) {
        return addresses.stream()
                .filter(address -> address.startsWith(scheme + ":"))
                .toList();
    }
}
