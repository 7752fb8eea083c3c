package dev.caravan.warehouse;

import dev.caravan.run.UsageException;
import java.util.Set;
import org.apache.camel.CamelContext;

/**
 * Describes and creates an engine. It has a constructor without parameters, and is found by its name through the file
 * {@code META-INF/services/dev/caravan/warehouse/engine/NAME} with the line {@code class=THE.CLASS}, as Camel finds its
 * components.
 */
public interface EngineFactory {

    /** What only some engines have. */
    enum Feature {
        /** Roles, a service user, stages and a pipe, which {@code caravan infra} creates. */
        INFRASTRUCTURE,
        /** Computing time that costs money. */
        METERED
    }

    /** Returns the name of the product, for messages. */
    String product();

    /** Returns what to do if a database, schema or table does not exist, as a phrase in the imperative. */
    String creationHint();

    /** Returns what the engine has beyond databases and tables. */
    default Set<Feature> features() {
        return Set.of();
    }

    /**
     * Creates the engine. Opens no connection.
     *
     * @param component the options; its context has the registry with what else the engine needs
     * @throws UsageException if an option or a bean is missing
     */
    Engine create(WarehouseComponent component);

    /**
     * Finds the factory of an engine.
     *
     * @param name as in {@code camel.component.warehouse.engine}
     * @throws UsageException if there is none
     */
    static EngineFactory find(CamelContext context, String name) {
        return context.getCamelContextExtension()
                .getFactoryFinder("META-INF/services/dev/caravan/warehouse/engine/")
                .newInstance(name, EngineFactory.class)
                .orElseThrow(() -> new UsageException("Unknown warehouse engine " + name
                        + ". Set camel.component.warehouse.engine to duckdb, snowflake or postgresql, or add the engine's"
                        + " jar to the class path"));
    }
}
