package dev.caravan.warehouse;

import dev.caravan.data.Rows;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;

/** Loads the rows of the body. */
class LoadProducer extends DefaultProducer {

    /** The loads that this exchange has made, as a set. */
    private static final String DONE = "CaravanWarehouseLoads";

    private final WarehouseEndpoint endpoint;
    private final Engine engine;

    LoadProducer(WarehouseEndpoint endpoint, Engine engine) {
        super(endpoint);
        this.endpoint = endpoint;
        this.engine = engine;
    }

    @Override
    public void process(Exchange exchange) throws Exception {
        Run run = Run.of(exchange).orElse(null);
        try (Rows rows = Bodies.rows(exchange)) {
            LoadSpec spec = endpoint.spec(loadId(exchange, run), run == null ? null : run.id());
            String load = spec.id() + " " + spec.table();
            Set<Object> done = done(exchange);
            if (done.contains(load)) {
                throw new PermanentException("This run has already loaded into " + spec.table()
                        + " under the id " + spec.id() + ", so it cannot be told whether this is the same load;"
                        + " put each load into a step of its own, or set the option loadId");
            }
            CursorVersions cursors = CursorVersions.of(exchange);
            LoadResult result = new Loader(engine, spec, run, cursors.get(spec.table())).load(rows);
            done.add(load);
            cursors.loaded(spec.table());
            if (run != null) {
                run.moved(exchange, result.rows(), result.bytes());
            }
            exchange.getMessage().setHeader(WarehouseConstants.ROWS, result.rows());
            exchange.getMessage().setBody(result);
        }
    }

    @SuppressWarnings("unchecked") // only this class writes the property
    private static Set<Object> done(Exchange exchange) {
        Set<Object> done = exchange.getProperty(DONE, Set.class);
        if (done == null) {
            done = ConcurrentHashMap.newKeySet();
            exchange.setProperty(DONE, done);
        }
        return done;
    }

    /** The same for every try of the same load: of the run and the step, and the part if the exchange was split. */
    private String loadId(Exchange exchange, Run run) {
        Object given = exchange.getMessage().removeHeader(WarehouseConstants.LOAD_ID);
        if (given == null) {
            given = endpoint.getLoadId();
        }
        if (given != null) {
            return given.toString();
        }
        StringBuilder id = new StringBuilder(run == null ? exchange.getExchangeId() : run.id());
        for (String part : new String[] {Exchange.STEP_ID, Exchange.SPLIT_INDEX, Exchange.LOOP_INDEX}) {
            Object value = exchange.getProperty(part);
            if (value != null && (run != null || !part.equals(Exchange.STEP_ID))) {
                id.append('/').append(value);
            }
        }
        return id.toString();
    }
}
