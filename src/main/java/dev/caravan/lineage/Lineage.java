package dev.caravan.lineage;

import dev.caravan.pipeline.PipelineComponent;
import dev.caravan.run.Setting;
import dev.caravan.run.UsageException;
import java.net.URI;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;

/**
 * Sends an event of OpenLineage when a run begins and one when it is over, if {@code openlineage.url} is set. The messages about
 * runs wait in the ledger until they are delivered; the event is made of what the ledger holds then. OpenLineage's classes are
 * loaded only for that.
 */
public final class Lineage {

    private static final String ROUTE = "direct:openlineage";
    private static final String URL = "openlineage.url";

    private Lineage() {}

    /**
     * Adds the route that sends the events. The context must not have started.
     *
     * @throws UsageException if a setting is invalid
     */
    public static void configure(CamelContext context) throws Exception {
        Optional<String> url = Setting.find(context, URL);
        if (url.isEmpty()) {
            return;
        }
        String address =
                address(url.get(), Setting.find(context, "openlineage.endpoint").orElse("api/v1/lineage"));
        String namespace = Setting.find(context, "openlineage.namespace").orElse("caravan");
        String authorization = Setting.find(context, "openlineage.api-key")
                .map(key -> "Bearer " + key)
                .orElse(null);
        context.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from(ROUTE)
                        .routeId("openlineage")
                        .errorHandler(noErrorHandler()) // the message is delivered again later
                        .process(exchange -> new RunEvents(exchange.getContext(), namespace).process(exchange))
                        .removeHeaders("*")
                        .setHeader(Exchange.CONTENT_TYPE, constant("application/json"))
                        .setHeader("Authorization", constant(authorization))
                        .to(address);
            }
        });
        context.getComponent("pipeline", PipelineComponent.class).addObserver(ROUTE);
    }

    /** The endpoint of Camel that posts to the URL. */
    private static String address(String url, String path) {
        try {
            URI uri = URI.create(url);
            if (uri.getHost() != null && uri.getScheme().matches("https?") && uri.getRawQuery() == null) {
                return url.replaceFirst("/+$", "") + "/" + path.replaceFirst("^/+", "")
                        + "?httpMethod=POST&bridgeEndpoint=true";
            }
        } catch (IllegalArgumentException e) {
            throw new UsageException(URL + " must be an address such as http://localhost:5000, not " + url, e);
        }
        throw new UsageException(URL + " must be an address such as http://localhost:5000, not " + url);
    }
}
