package dev.caravan.warehouse;

import dev.caravan.run.Preview;
import dev.caravan.run.Run;
import java.sql.SQLException;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;

/** Runs the SQL statements of the body. */
class ScriptProducer extends DefaultProducer {

    private final Engine engine;
    private final TableName schema;

    ScriptProducer(WarehouseEndpoint endpoint, Engine engine, TableName schema) {
        super(endpoint);
        this.engine = engine;
        this.schema = schema;
    }

    @Override
    public void process(Exchange exchange) throws Exception {
        if (Preview.of(exchange).isPresent()) {
            return;
        }
        String sql = exchange.getMessage().getMandatoryBody(String.class);
        try (LoadSession session = engine.connect(schema, Run.of(exchange).orElse(null));
                Database database = session.open(true)) {
            database.script(schema, sql);
        } catch (SQLException e) {
            throw engine.explain("The script for " + schema, e);
        }
    }
}
