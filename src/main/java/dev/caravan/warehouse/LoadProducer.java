package dev.caravan.warehouse;

import dev.caravan.data.Rows;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;

/** Loads the rows of the body. */
class LoadProducer extends DefaultProducer {

    /** The loads that an attempt of a run has made or is making, whatever copies there are of its exchange. */
    private static final Map<Object, Set<String>> LOADS = Collections.synchronizedMap(new WeakHashMap<>());

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
        Object named = exchange.getMessage().removeHeader(WarehouseConstants.LOAD_ID);
        try (Rows rows = Bodies.rows(exchange, endpoint.statedTypes())) {
            CursorVersions cursors = CursorVersions.of(exchange);
            String id = named == null ? id(exchange, run, cursors) : named.toString();
            LoadSpec spec = endpoint.spec(id, run == null ? null : run.id());
            LoadResult result =
                    once(spec, run == null ? exchange : run, named != null, () -> new Loader(engine, spec, run, cursors)
                            .load(rows));
            if (run != null) {
                run.moved(exchange, result.rows(), result.bytes());
            }
            exchange.getMessage().setHeader(WarehouseConstants.ROWS, result.rows());
            exchange.getMessage().setBody(result);
        }
    }

    /** Loads, unless another load has taken the same id without being meant by it: this one would be taken for that. */
    private static LoadResult once(LoadSpec spec, Object attempt, boolean named, Supplier<LoadResult> load) {
        Set<String> loads = LOADS.computeIfAbsent(attempt, none -> ConcurrentHashMap.newKeySet());
        String name = spec.id() + " " + spec.table().toString().toUpperCase(Locale.ROOT);
        if (!loads.add(name) && !named) {
            throw new PermanentException(
                    "This run has already loaded into " + spec.table() + " under the id " + spec.id()
                            + ", so it cannot be told whether this is the same load; put each load into a step of its own, or"
                            + " name it by the option loadId or the header " + WarehouseConstants.LOAD_ID);
        }
        boolean done = false;
        try {
            LoadResult result = load.get();
            done = true;
            return result;
        } finally {
            if (!done) {
                loads.remove(name);
            }
        }
    }

    /** The same for every try of the same load: of the run and the step, and the part if the exchange was split. */
    private String id(Exchange exchange, Run run, CursorVersions cursors) {
        if (endpoint.getLoadId() != null) {
            return endpoint.getLoadId();
        }
        // what gathers the parts of a split has the properties of one of them
        boolean split = exchange.getProperty(Exchange.SPLIT_INDEX) != null
                && !exchange.getExchangeId().equals(exchange.getProperty(Exchange.CORRELATION_ID));
        if (split && endpoint.getCursor() != null && !cursors.areReadBy(exchange)) {
            throw new PermanentException("A part of a split would move the cursor of " + endpoint.getTable()
                    + " past the rows of the parts that follow, and the next try would not read them again; load them"
                    + " without the option cursor, or name each load by the header " + WarehouseConstants.LOAD_ID);
        }
        return Stream.of(
                        run == null ? exchange.getExchangeId() : run.id(),
                        run == null ? null : exchange.getProperty(Exchange.STEP_ID),
                        split ? exchange.getProperty(Exchange.SPLIT_INDEX) : null,
                        exchange.getProperty(Exchange.LOOP_INDEX))
                .filter(Objects::nonNull)
                .map(Object::toString)
                .collect(Collectors.joining("/"));
    }
}
