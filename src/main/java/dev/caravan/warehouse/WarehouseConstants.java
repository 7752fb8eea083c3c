package dev.caravan.warehouse;

import org.apache.camel.spi.Metadata;

/** The headers of {@code warehouse:}. */
public final class WarehouseConstants {

    /** Rows that a load has written. */
    @Metadata(label = "producer", description = "load: how many rows were written", javaType = "Long")
    public static final String ROWS = "CamelWarehouseRows";

    /** The id of the load that follows. */
    @Metadata(
            label = "producer",
            description =
                    "load: the id of this load, instead of the one derived from run and step; it is removed, so that"
                            + " it does not name the next load too",
            javaType = "String")
    public static final String LOAD_ID = "CamelWarehouseLoadId";

    /** The committed cursor, which SQL for camel-jdbc binds as {@code :?CamelWarehouseCursor}. */
    @Metadata(label = "producer", description = "readCursor: where to read on", javaType = "Object")
    public static final String CURSOR = "CamelWarehouseCursor";

    private WarehouseConstants() {}
}
