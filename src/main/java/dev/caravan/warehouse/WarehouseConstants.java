package dev.caravan.warehouse;

import org.apache.camel.spi.Metadata;

/** The headers of {@code warehouse:}. */
public final class WarehouseConstants {

    /** The number of rows that a load has written. */
    @Metadata(label = "producer", description = "load: the number of rows written", javaType = "Long")
    public static final String ROWS = "CamelWarehouseRows";

    /** The id of the next load. */
    @Metadata(
            label = "producer",
            description =
                    "load: the id of this load, instead of the one derived from run and step. The load removes the"
                            + " header",
            javaType = "String")
    public static final String LOAD_ID = "CamelWarehouseLoadId";

    /** The cursor, which SQL for camel-jdbc binds as {@code :?CamelWarehouseCursor}. */
    @Metadata(label = "producer", description = "readCursor: the value after which to continue", javaType = "Object")
    public static final String CURSOR = "CamelWarehouseCursor";

    private WarehouseConstants() {}
}
