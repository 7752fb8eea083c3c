package dev.caravan.warehouse;

import dev.caravan.data.Rows;
import dev.caravan.run.Load;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Preview;
import dev.caravan.run.Run;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads the rows of the body. */
class LoadProducer extends DefaultProducer {

    private static final Logger LOG = LoggerFactory.getLogger(LoadProducer.class);

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
        if (exchange.getMessage().getBody() == null) {
            LOG.warn(
                    "{}: the step before has left no body, so there are no rows; pollEnrich does so if its file is not there"
                            + " before its timeout",
                    endpoint.getTable());
        }
        try (Rows rows = RowReader.rows(exchange, endpoint.explicitTypes())) {
            CursorVersions cursors = CursorVersions.of(exchange);
            Preview preview = Preview.of(exchange).orElse(null);
            if (preview != null) {
                preview.add(
                        new Loader(engine, endpoint.spec("preview", null), run, cursors).preview(rows, preview.rows()));
                exchange.getMessage().setBody(null);
                return;
            }
            String id = named == null ? id(exchange, run, cursors) : named.toString();
            LoadSpec spec = endpoint.spec(id, run == null ? null : run.id());
            AttemptLoads loads = AttemptLoads.of(run == null ? exchange : run);
            LoadResult result = load(spec, run, cursors, rows, loads, named != null);
            if (!result.schemaChanges().isEmpty()) {
                SchemaChangedEvent.send(exchange.getContext(), result);
            }
            if (run != null && isOf(run, result)) {
                run.loaded(load(result));
                if (run.markCounted(result.loadId() + " " + result.table(), result.alreadyLoaded())) {
                    run.addProgress(exchange, result.rows(), result.bytes());
                }
            }
            exchange.getMessage().setHeader(WarehouseConstants.ROWS, result.rows());
            exchange.getMessage().setBody(result);
        }
    }

    /** Returns whether the rows count for this run, and not for an earlier one that loaded under the same id. */
    private static boolean isOf(Run run, LoadResult result) {
        return !result.alreadyLoaded() || run.id().equals(result.run());
    }

    private Load load(LoadResult result) {
        Map<String, String> columns = new LinkedHashMap<>();
        result.columns()
                .forEach(
                        column -> columns.put(column.name(), column.type() == null ? null : Types.text(column.type())));
        return new Load(
                result.loadId(),
                result.table(),
                result.mode().toString().toLowerCase(Locale.ROOT),
                result.staged(),
                result.inserted(),
                result.updated(),
                result.deleted(),
                result.bytes(),
                endpoint.getCursor(),
                result.cursorAfter(),
                result.created() ? List.of(Load.CREATED) : result.schemaChanges(),
                columns,
                result.query(),
                result.committedAt());
    }

    private LoadResult load(
            LoadSpec spec, Run run, CursorVersions cursors, Rows rows, AttemptLoads loads, boolean named) {
        boolean first = loads.begin(spec, named);
        boolean done = false;
        try {
            LoadResult result = new Loader(engine, spec, run, cursors).load(rows);
            done = true;
            return result;
        } finally {
            if (first && !done) {
                loads.failed(spec);
            }
        }
    }

    /** Returns the id, which is the same in every attempt: that of the run, the step, and the part of a split. */
    private String id(Exchange exchange, Run run, CursorVersions cursors) {
        if (endpoint.getLoadId() != null) {
            return endpoint.getLoadId();
        }
        // an aggregated exchange has the properties of one of its parts
        boolean split = exchange.getProperty(Exchange.SPLIT_INDEX) != null
                && !exchange.getExchangeId().equals(exchange.getProperty(Exchange.CORRELATION_ID));
        if (split && endpoint.getCursor() != null && !cursors.areReadBy(exchange)) {
            throw new PermanentException("A part of a split would move the cursor of " + endpoint.getTable()
                    + " past the rows of the parts that follow, and the next attempt would not read them again; load"
                    + " them without the option cursor, or set an id for each load by the header "
                    + WarehouseConstants.LOAD_ID);
        }
        return Stream.of(
                        run == null ? exchange.getExchangeId() : run.id(),
                        run == null ? null : run.step(exchange).orElse(null),
                        split ? exchange.getProperty(Exchange.SPLIT_INDEX) : null,
                        exchange.getProperty(Exchange.LOOP_INDEX))
                .filter(Objects::nonNull)
                .map(Object::toString)
                .collect(Collectors.joining("/"));
    }
}
