package dev.caravan.warehouse;

import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.camel.Endpoint;
import org.apache.camel.impl.converter.EnumTypeConverter;
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
            description = "The engine: duckdb, snowflake, postgresql, or the name of an engine in another jar.")
    private String engine = "duckdb";

    @Metadata(
            defaultValue = "data/warehouse",
            description =
                    "DuckDB: the directory of the database files. Snowflake: where rows wait for their upload. Created when"
                            + " needed.")
    private String directory = "data/warehouse";

    @Metadata(
            defaultValue = "30s",
            javaType = "java.time.Duration",
            description =
                    "DuckDB: how long to wait for a file that another process has open. PostgreSQL: how long a load waits for a lock.")
    private long lockTimeout = 30_000;

    @Metadata(
            defaultValue = "128",
            description =
                    "DuckDB: the memory of one load in megabytes, at most a quarter of the machine's; more rows spill to disk. Wide"
                            + " tables load faster with more.")
    private int memory = 128;

    @Metadata(description = "PostgreSQL: the connections to the database, such as #warehousePool.")
    private DataSource dataSource;

    private Warehouse warehouse;

    @Override
    protected void doInit() throws Exception {
        super.doInit();
        // for a cursor in a text, such as the URL of an API
        addText(LocalDateTime.class);
        addText(OffsetDateTime.class);
        // as Camel converts them too, but only after a search among all its converters, for each value
        for (Class<?> option : List.of(CursorLimit.class, Mode.class, Operation.class, SchemaPolicy.class)) {
            getCamelContext()
                    .getTypeConverterRegistry()
                    .addTypeConverter(option, String.class, new EnumTypeConverter());
        }
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

    @Override
    protected void doStop() throws Exception {
        super.doStop();
        if (warehouse != null) {
            warehouse.engine().close();
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

    /** Returns the warehouse that this component loads into. Camel sets options later than it initializes a component. */
    public synchronized Warehouse warehouse() {
        if (warehouse == null) {
            warehouse = new Warehouse(engineFactory().create(this));
        }
        return warehouse;
    }

    /** Returns the description of the engine. */
    public EngineFactory engineFactory() {
        return EngineFactory.find(getCamelContext(), engine);
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

    public int getMemory() {
        return memory;
    }

    public void setMemory(int memory) {
        this.memory = memory;
    }

    public DataSource getDataSource() {
        return dataSource;
    }

    public void setDataSource(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    public long getLockTimeout() {
        return lockTimeout;
    }

    public void setLockTimeout(long lockTimeout) {
        this.lockTimeout = lockTimeout;
    }
}
