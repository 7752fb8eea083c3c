package dev.caravan.warehouse;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.util.PropertiesHelper;

/** Loads rows into a warehouse. */
@Component("warehouse")
public class WarehouseComponent extends DefaultComponent {

    @Metadata(defaultValue = "duckdb", enums = "duckdb", description = "The database product that is the warehouse.")
    private String engine = "duckdb";

    @Metadata(
            defaultValue = "data/warehouse",
            description = "DuckDB: the directory that has one file per database. It is created when it is needed.")
    private String directory = "data/warehouse";

    @Metadata(
            defaultValue = "30s",
            javaType = "java.time.Duration",
            description = "DuckDB: how long to wait for a file that another process has open.")
    private long lockTimeout = 30_000;

    private Warehouse warehouse;

    @Override
    protected void doInit() throws Exception {
        super.doInit();
        warehouse = Warehouse.of(engine, Path.of(directory), Duration.ofMillis(lockTimeout));
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        WarehouseEndpoint endpoint = new WarehouseEndpoint(uri, this, remaining);
        PropertiesHelper.extractProperties(parameters, "type.")
                .forEach((column, type) -> endpoint.getTypes().put(column, type));
        setProperties(endpoint, parameters);
        return endpoint;
    }

    /** The warehouse that this component loads into. */
    public Warehouse warehouse() {
        return warehouse;
    }

    public String getEngine() {
        return engine;
    }

    public void setEngine(String engine) {
        this.engine = engine;
    }

    public String getDirectory() {
        return directory;
    }

    public void setDirectory(String directory) {
        this.directory = directory;
    }

    public long getLockTimeout() {
        return lockTimeout;
    }

    public void setLockTimeout(long lockTimeout) {
        this.lockTimeout = lockTimeout;
    }
}
