package dev.caravan.alerts;

import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Route;
import org.apache.camel.support.DefaultExchange;

/** The channels of alerts: each route that begins with {@code direct:alert-NAME}. */
final class Channels {

    private static final String BEGIN = "direct:alert-";

    private Channels() {}

    /** Returns the endpoints of all channels. */
    static List<String> of(CamelContext context) {
        return context.getRoutes().stream()
                .map(Route::getEndpoint)
                .map(endpoint -> endpoint.getEndpointUri().replace("direct://", "direct:"))
                .filter(uri -> uri.startsWith(BEGIN))
                .distinct()
                .sorted()
                .toList();
    }

    static String name(String channel) {
        return channel.replace(BEGIN, "");
    }

    /** Sends a message now; returns why it failed, or null. */
    static Exception send(CamelContext context, String channel, String body) {
        try (ProducerTemplate producer = context.createProducerTemplate()) {
            Exchange exchange = new DefaultExchange(context);
            exchange.getMessage().setBody(body);
            return producer.send(channel, exchange).getException();
        } catch (Exception e) {
            return e;
        }
    }
}
