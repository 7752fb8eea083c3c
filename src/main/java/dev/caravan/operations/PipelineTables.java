package dev.caravan.operations;

import dev.caravan.pipeline.Pipelines;
import dev.caravan.warehouse.Operation;
import dev.caravan.warehouse.WarehouseEndpoint;
import java.util.List;

/** The tables that the routes of a pipeline load into; those named at run time (toD) are not known. */
public final class PipelineTables {

    private PipelineTables() {}

    /**
     * Returns the tables, as the routes write them. The routes must have been started.
     */
    public static List<String> of(Pipelines pipelines, String pipeline) {
        return pipelines.endpoints(pipeline).stream()
                .filter(WarehouseEndpoint.class::isInstance)
                .map(WarehouseEndpoint.class::cast)
                .filter(endpoint -> endpoint.getOperation() == Operation.LOAD)
                .map(WarehouseEndpoint::getTable)
                .distinct()
                .toList();
    }
}
