package dev.caravan.console;

import dev.caravan.metrics.Metrics;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import org.apache.camel.CamelContext;

/** The metrics of the Camel context for Prometheus. They name pipelines and tables, and need a log-in as pages do. */
final class MetricsEndpoint {

    static final String PATH = "/observe/metrics";

    private final CamelContext context;
    private Metrics metrics;

    MetricsEndpoint(CamelContext context) {
        this.context = context;
    }

    void mount(Router router) {
        router.get(PATH).blockingHandler(this::answer, false);
    }

    private void answer(RoutingContext request) {
        Metrics.Scrape scrape = metrics().scrape(request.request().getHeader(HttpHeaders.ACCEPT));
        Site.end(request, 200, scrape.type(), scrape.body());
    }

    /** Costs no memory until somebody scrapes. */
    private synchronized Metrics metrics() {
        if (metrics == null) {
            metrics = new Metrics(context);
        }
        return metrics;
    }
}
