package dev.caravan.hubspot;

import dev.caravan.api.ApiRows;
import dev.caravan.api.ApiRows.Source;
import dev.caravan.run.CurrentRun;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;
import org.apache.camel.support.SynchronizationAdapter;

/** Sets the body to objects of HubSpot. */
final class HubSpotProducer extends DefaultProducer {

    /** The header in which {@code warehouse:...?operation=readCursor} leaves the cursor. */
    private static final String CURSOR = "CamelWarehouseCursor";

    /** HubSpot's search learns of changes some minutes late. */
    private static final Duration INDEX_LAG = Duration.ofMinutes(15);

    private final HubSpotEndpoint endpoint;

    HubSpotProducer(HubSpotEndpoint endpoint) {
        super(endpoint);
        this.endpoint = endpoint;
    }

    @Override
    public void process(Exchange exchange) {
        Run run = Run.of(exchange).orElseGet(() -> CurrentRun.get().orElse(null));
        Instant start = Instant.now();
        Instant from = from(exchange.getMessage().getHeader(CURSOR));
        ObjectReader objects = new ObjectReader(endpoint, run);
        Stream<Supplier<Iterator<List<Map<String, Object>>>>> parts = from.isAfter(Instant.EPOCH)
                ? Stream.of(() -> new Search(objects, from, start))
                // what changes during a long list would be older than the highest cursor of the list
                : Stream.of(
                        () -> new Listing(objects, false),
                        () -> new Search(objects, start.minus(INDEX_LAG), Instant.now()));
        if (endpoint.isArchived()) {
            parts = Stream.concat(parts, Stream.of(() -> new Listing(objects, true)));
        }
        // each part is created when the one before has been read
        Iterator<Source> sources =
                parts.map(part -> new Source(part.get(), Map.of())).iterator();
        ApiRows rows = new ApiRows(objects.client().lists(), objects.name(), objects.columns(), run, sources, 1);
        if (exchange.getFromEndpoint() == null
                || !exchange.getFromEndpoint().getEndpointUri().startsWith("kamelet:")) {
            exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
                @Override
                public void onDone(Exchange done) {
                    rows.close();
                }
            });
        }
        exchange.getMessage().setBody(rows);
    }

    /** Returns from when changes are to be read; without a cursor, all objects are. */
    private Instant from(Object cursor) {
        if (cursor == null) {
            return Instant.EPOCH;
        } else if (cursor instanceof OffsetDateTime moment) {
            return moment.toInstant();
        } else if (cursor instanceof LocalDateTime moment) {
            return moment.toInstant(ZoneOffset.UTC);
        }
        try {
            return OffsetDateTime.parse(cursor.toString()).toInstant();
        } catch (DateTimeException e) {
            throw new PermanentException("hubspot:" + endpoint.getObjectType() + ": the cursor " + cursor
                    + " is not a moment, such as the column " + endpoint.cursorProperty() + " has");
        }
    }
}
