package dev.caravan.console;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
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
    /** Probes are answered while pages wait, and liveness while the other one waits for the ledger. */
    private final WorkerExecutor liveness;

    private final WorkerExecutor readiness;

    Health(CamelContext context, Vertx vertx) {
        this.context = context;
        this.liveness = vertx.createSharedWorkerExecutor("console-liveness", 1);
        this.readiness = vertx.createSharedWorkerExecutor("console-readiness", 1);
    }

    void mount(Router router) {
        router.get(LIVE).handler(check(liveness, () -> HealthCheckHelper.invokeLiveness(context, ALL)));
        router.get(READY).handler(check(readiness, () -> HealthCheckHelper.invokeReadiness(context, ALL)));
        router.get(BOTH).handler(check(readiness, () -> HealthCheckHelper.invoke(context, ALL)));
    }

    private static Handler<RoutingContext> check(
            WorkerExecutor executor, Callable<Collection<HealthCheck.Result>> checks) {
        return request -> executor.executeBlocking(checks, true)
                .onSuccess(results -> answer(request, results))
                .onFailure(request::fail);
    }

    private static void answer(RoutingContext request, Collection<HealthCheck.Result> results) {
        boolean up = HealthCheckHelper.isResultsUp(results, true);
        Map<String, String> checks = new TreeMap<>();
        results.forEach(result ->
                checks.put(result.getCheck().getId(), result.getState().toString()));
        Site.json(request, up ? 200 : 503, Map.of("status", up ? "UP" : "DOWN", "checks", checks));
    }
}
