package dev.caravan.operations;

import dev.caravan.pipeline.Pipelines;
import dev.caravan.warehouse.Operation;
import dev.caravan.warehouse.WarehouseEndpoint;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.Endpoint;

/** The tables that the routes of a pipeline load into; those named at run time (toD) are not known. */
public final class PipelineTables {

    private PipelineTables() {}

    /**
     * Returns the tables, as the routes write them. The routes must have been started.
     */
    public static List<String> of(Pipelines pipelines, String pipeline) {
        return of(pipelines.endpoints(pipeline));
    }

    /** Returns the tables of each pipeline, by its name. */
    public static Map<String, List<String>> all(Pipelines pipelines) {
        Map<String, List<String>> tables = new TreeMap<>();
        pipelines.endpoints().forEach((name, endpoints) -> tables.put(name, of(endpoints)));
        return tables;
    }

    private static List<String> of(Collection<Endpoint> endpoints) {
        return endpoints.stream()
                .filter(WarehouseEndpoint.class::isInstance)
                .map(WarehouseEndpoint.class::cast)
                .filter(endpoint -> endpoint.getOperation() == Operation.LOAD)
                .map(WarehouseEndpoint::getTable)
                .distinct()
                .toList();
    }
}
