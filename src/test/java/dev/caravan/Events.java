package dev.caravan;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;

/** A table of events and a pipeline that appends them from the last one on: what it loses or doubles stays so. */
final class Events {

    static final String TABLE = "CREATE TABLE raw_data.events (id bigint GENERATED ALWAYS AS IDENTITY, what text)";

    static final String ROUTE =
            """
            - route:
                id: events
                from:
                  uri: pipeline:events
                  steps:
                    - step:
                        id: extract
                        steps:
                          - to: warehouse:DLT.APPLICATION_DATA.EVENTS?operation=readCursor&cursor=id&initialValue=0
                          - setBody:
                              constant: SELECT id, what FROM raw_data.events WHERE id > CAST(:?CamelWarehouseCursor AS bigint)
                          - to: jdbc:postgres?useHeadersAsParameters=true&statement.fetchSize=1000&outputType=StreamList
                    - step:
                        id: load
                        steps:
                          - to: warehouse:DLT.APPLICATION_DATA.EVENTS?mode=append&cursor=id
            """;

    private static final String ROWS = "SELECT id, what FROM %s ORDER BY 1, 2";

    private Events() {}

    static void add(Source source, int rows) throws SQLException {
        source.execute(
                "INSERT INTO raw_data.events (what) SELECT 'event ' || n FROM generate_series(1, " + rows + ") AS n");
    }

    /** Every event of the source is in the warehouse, once. */
    static void assertCopied(Source source, Installation caravan) throws SQLException {
        assertThat(caravan.warehouse("DLT", ROWS.formatted("APPLICATION_DATA.EVENTS")))
                .isEqualTo(source.query(ROWS.formatted("raw_data.events")));
    }
}
