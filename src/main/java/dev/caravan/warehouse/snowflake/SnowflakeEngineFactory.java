package dev.caravan.warehouse.snowflake;

import dev.caravan.run.UsageException;
import dev.caravan.warehouse.Engine;
import dev.caravan.warehouse.EngineFactory;
import dev.caravan.warehouse.WarehouseComponent;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/** The engine {@code snowflake}: the account of the registry's one bean of type {@link Snowflake}. */
public final class SnowflakeEngineFactory implements EngineFactory {

    @Override
    public String product() {
        return "Snowflake";
    }

    @Override
    public String creationHint() {
        return "create it with caravan infra apply, or grant the role USAGE on it";
    }

    @Override
    public Set<Feature> features() {
        return EnumSet.of(Feature.INFRASTRUCTURE, Feature.METERED);
    }

    @Override
    public Engine create(WarehouseComponent component) {
        Snowflake account = component.getCamelContext().getRegistry().findSingleByType(Snowflake.class);
        if (account == null) {
            throw new UsageException("camel.component.warehouse.engine=snowflake needs one account: set"
                    + " camel.beans.snowflake=#class:dev.caravan.warehouse.snowflake.Snowflake and its settings");
        }
        return new SnowflakeEngine(account, Path.of(component.getDirectory()));
    }
}
