package dev.caravan.warehouse;

import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import java.sql.SQLException;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;

/** Reads the cursor of a table. */
class ReadCursorProducer extends DefaultProducer {

    private final WarehouseEndpoint endpoint;
    private final Engine engine;
    private final TableName table;

    ReadCursorProducer(WarehouseEndpoint endpoint, Engine engine, TableName table) {
        super(endpoint);
        this.endpoint = endpoint;
        this.engine = engine;
        this.table = table;
    }

    @Override
    public void process(Exchange exchange) {
        Object value = value(exchange);
        exchange.getMessage().setHeader(WarehouseConstants.CURSOR, value);
        exchange.getMessage().setBody(value);
    }

    private Object value(Exchange exchange) {
        Object first = endpoint.getInitialValue() == null ? null : Cursor.guess(endpoint.getInitialValue());
        Cursor cursor = read(exchange);
        if (cursor != null) {
            return endpoint.getLag() == null ? cursor.value() : cursor.behind(endpoint.getLag(), first);
        } else if (first == null) {
            throw new PermanentException("Nothing has been loaded into " + table
                    + " yet, so there is no cursor; set initialValue to the value from which the first load begins");
        }
        return first;
    }

    private Cursor read(Exchange exchange) {
        try (LoadSession session = engine.connect(table, Run.of(exchange).orElse(null));
                Database database = session.open(false)) {
            Optional<TableName> found = database.find(table);
            TableName name = found.isPresent() ? found.get() : database.resolve(table);
            TableState state = new Bookkeeping(database, name).state();
            CursorVersions.of(exchange).read(exchange, database.dialect().fold(table), state.version());
            // the cursor of a table that a user has dropped does not count for the next one
            return found.isEmpty()
                    ? null
                    : state.cursor(database.dialect(), endpoint.getCursor()).orElse(null);
        } catch (SQLException e) {
            throw engine.explain("Reading the cursor of " + table, e);
        }
    }
}
