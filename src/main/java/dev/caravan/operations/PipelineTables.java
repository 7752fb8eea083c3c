package dev.caravan.operations;

import dev.caravan.warehouse.Operation;
import dev.caravan.warehouse.WarehouseEndpoint;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.EndpointAware;
import org.apache.camel.Navigate;
import org.apache.camel.Route;

/** The tables that a route loads into, itself or through {@code direct:}; those named at run time (toD) are not known. */
public final class PipelineTables {

    private PipelineTables() {}

    /**
     * Looks at a route that has been started.
     *
     * @return the tables as the routes write them
     */
    public static List<String> of(CamelContext context, String routeId) {
        Set<String> tables = new LinkedHashSet<>();
        Set<Route> seen = new HashSet<>();
        Deque<Route> routes = new ArrayDeque<>(List.of(context.getRoute(routeId)));
        while (!routes.isEmpty()) {
            Route route = routes.pop();
            if (seen.add(route)) {
                Set<Endpoint> endpoints = new LinkedHashSet<>();
                collect(route.navigate(), endpoints);
                for (Endpoint endpoint : endpoints) {
                    if (endpoint instanceof WarehouseEndpoint warehouse && warehouse.getOperation() == Operation.LOAD) {
                        tables.add(warehouse.getTable());
                    } else if (endpoint.getEndpointUri().startsWith("direct:")) {
                        context.getRoutes().stream()
                                .filter(next -> next.getEndpoint().equals(endpoint))
                                .forEach(routes::push);
                    }
                }
            }
        }
        return List.copyOf(tables);
    }

    private static void collect(Object processor, Set<Endpoint> endpoints) {
        if (processor instanceof EndpointAware sender && sender.getEndpoint() != null) {
            endpoints.add(sender.getEndpoint());
        }
        if (processor instanceof Navigate<?> parent && parent.hasNext()) {
            parent.next().forEach(child -> collect(child, endpoints));
        }
    }
}
