package dev.caravan.warehouse;

import java.util.EventObject;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.CamelEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Camel event of a load that has changed the columns of a table, for an EventNotifier. */
public final class SchemaChangedEvent extends EventObject implements CamelEvent {

    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(SchemaChangedEvent.class);

    private final transient LoadResult load;
    private long timestamp;

    private SchemaChangedEvent(CamelContext context, LoadResult load) {
        super(context);
        this.load = load;
    }

    /** Notifies the listeners. Their failures do not fail the load. */
    static void send(CamelContext context, LoadResult load) {
        SchemaChangedEvent event = new SchemaChangedEvent(context, load);
        event.setTimestamp(load.committedAt().toEpochMilli());
        try {
            context.getManagementStrategy().notify(event);
        } catch (Exception e) {
            LOG.warn("An event listener failed: {}", event, e);
        }
    }

    /** Returns the load, which has been committed. */
    public LoadResult load() {
        return load;
    }

    @Override
    public Type getType() {
        return Type.Custom;
    }

    @Override
    public long getTimestamp() {
        return timestamp;
    }

    @Override
    public void setTimestamp(long timestamp) {
        this.timestamp = timestamp;
    }

    @Override
    public String toString() {
        return load.table() + ": " + String.join(", ", load.schemaChanges());
    }
}
