package dev.caravan.warehouse;

import dev.caravan.run.UsageException;
import dev.caravan.warehouse.snowflake.Snowflake;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.TypeConverterRegistry;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.SimpleTypeConverter;
import org.apache.camel.util.PropertiesHelper;

/** Loads rows into a warehouse. */
@Component("warehouse")
public class WarehouseComponent extends DefaultComponent {

    @Metadata(
            defaultValue = "duckdb",
            enums = "duckdb,snowflake",
            description = "The database product that is the warehouse.")
    private String engine = "duckdb";

    @Metadata(
            defaultValue = "data/warehouse",
            description =
                    "DuckDB: the directory that has one file per database. Snowflake: where rows wait for their upload."
                            + " It is created when it is needed.")
    private String directory = "data/warehouse";

    @Metadata(
            defaultValue = "30s",
            javaType = "java.time.Duration",
            description = "DuckDB: how long to wait for a file that another process has open.")
    private long lockTimeout = 30_000;

    @Metadata(autowired = true, description = "Snowflake: the account.")
    private Snowflake snowflake;

    private Warehouse warehouse;

    @Override
    protected void doInit() throws Exception {
        super.doInit();
        // a cursor in a text, such as the URL of an API
        addText(LocalDateTime.class);
        addText(OffsetDateTime.class);
    }

    private void addText(Class<?> time) {
        TypeConverterRegistry converters = getCamelContext().getTypeConverterRegistry();
        if (converters.lookup(String.class, time) == null) {
            converters.addTypeConverter(
                    String.class, time, new SimpleTypeConverter(false, (type, exchange, value) -> Cursor.text(value)));
        }
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        warehouse();
    }

    private Snowflake account() {
        if (snowflake == null) {
            throw new UsageException("camel.component.warehouse.engine=snowflake needs an account: set"
                    + " camel.beans.snowflake=#class:dev.caravan.warehouse.snowflake.Snowflake and its settings");
        }
        return snowflake;
    }

    @Override
    protected void doStop() throws Exception {
        super.doStop();
        if (snowflake != null) {
            snowflake.close();
        }
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) throws Exception {
        WarehouseEndpoint endpoint = new WarehouseEndpoint(uri, this, remaining);
        PropertiesHelper.extractProperties(parameters, "type.")
                .forEach((column, type) -> endpoint.getTypes().put(column, type));
        setProperties(endpoint, parameters);
        return endpoint;
    }

    /** The warehouse that this component loads into. Camel gives the settings later than it initializes a component. */
    public synchronized Warehouse warehouse() {
        if (warehouse == null) {
            warehouse = switch (engine) {
                case "duckdb" -> Warehouse.of(Path.of(directory), Duration.ofMillis(lockTimeout));
                case "snowflake" -> Warehouse.of(account(), Path.of(directory));
                default ->
                    throw new UsageException(
                            "There is no warehouse engine " + engine + "; there are: duckdb, snowflake");
            };
        }
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

    public Snowflake getSnowflake() {
        return snowflake;
    }

    public void setSnowflake(Snowflake snowflake) {
        this.snowflake = snowflake;
    }

    public long getLockTimeout() {
        return lockTimeout;
    }

    public void setLockTimeout(long lockTimeout) {
        this.lockTimeout = lockTimeout;
    }
}
