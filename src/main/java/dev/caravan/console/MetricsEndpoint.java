package dev.caravan.console;

import dev.caravan.metrics.Metrics;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import org.apache.camel.CamelContext;

/** The metrics of the Camel context for Prometheus. They name pipelines and tables, and need a log-in as pages do. */
final class MetricsEndpoint {

    static final String PATH = "/observe/metrics";

    private final CamelContext context;
    /** A scrape does not wait for pages. */
    private final WorkerExecutor executor;

    private Metrics metrics;

    MetricsEndpoint(CamelContext context, Vertx vertx) {
        this.context = context;
        this.executor = vertx.createSharedWorkerExecutor("console-metrics", 1);
    }

    void mount(Router router) {
        router.get(PATH).handler(this::answer);
    }

    private void answer(RoutingContext request) {
        String accept = request.request().getHeader(HttpHeaders.ACCEPT);
        executor.executeBlocking(() -> metrics().scrape(accept), true)
                .onSuccess(scrape -> Site.end(request, 200, scrape.type(), scrape.body()))
                .onFailure(request::fail);
    }

    /** Costs no memory until somebody scrapes. */
    private Metrics metrics() {
        if (metrics == null) {
            metrics = new Metrics(context);
        }
        return metrics;
    }
}
