package dev.caravan.console;

import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;

/** The health checks of the Camel context over HTTP, for probes. Without reasons, because they need no log-in. */
final class Health {

    private static final String LIVE = "/observe/health/live";
    private static final String READY = "/observe/health/ready";
    private static final String BOTH = "/observe/health";

    static final Set<String> PATHS = Set.of(LIVE, READY, BOTH);

    /** Otherwise checks that are up are left out. */
    private static final String ALL = "full";

    private final CamelContext context;

    Health(CamelContext context) {
        this.context = context;
    }

    void mount(Router router) {
        router.get(LIVE)
                .blockingHandler(request -> answer(request, HealthCheckHelper.invokeLiveness(context, ALL)), false);
        router.get(READY)
                .blockingHandler(request -> answer(request, HealthCheckHelper.invokeReadiness(context, ALL)), false);
        router.get(BOTH).blockingHandler(request -> answer(request, HealthCheckHelper.invoke(context, ALL)), false);
    }

    private static void answer(RoutingContext request, Collection<HealthCheck.Result> results) {
        boolean up = HealthCheckHelper.isResultsUp(results, true);
        Map<String, String> checks = new TreeMap<>();
        results.forEach(result ->
                checks.put(result.getCheck().getId(), result.getState().toString()));
        Site.json(request, up ? 200 : 503, Map.of("status", up ? "UP" : "DOWN", "checks", checks));
    }
}
