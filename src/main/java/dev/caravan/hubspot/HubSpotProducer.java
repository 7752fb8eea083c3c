package dev.caravan.hubspot;

import dev.caravan.api.ApiRows;
import dev.caravan.api.ApiRows.Source;
import dev.caravan.api.CursorFormat;
import dev.caravan.run.CurrentRun;
import dev.caravan.run.ExchangeEnd;
import dev.caravan.run.Run;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;

/** Sets the body to objects of HubSpot. */
final class HubSpotProducer extends DefaultProducer {

    /** HubSpot's search learns of changes some minutes late. */
    private static final Duration INDEX_LAG = Duration.ofMinutes(15);

    private final HubSpotEndpoint endpoint;

    HubSpotProducer(HubSpotEndpoint endpoint) {
        super(endpoint);
        this.endpoint = endpoint;
    }

    @Override
    public void process(Exchange exchange) {
        Run run = CurrentRun.of(exchange);
        ObjectReader objects = new ObjectReader(endpoint, run);
        // each part is created when the one before has been read
        Iterator<Source> sources = parts(objects, exchange.getMessage().getHeader(CursorFormat.HEADER), Instant.now())
                .map(part -> new Source(part.get(), Map.of()))
                .iterator();
        ApiRows rows = new ApiRows(objects.client().lists(), objects.name(), objects.columns(), run, sources, 1);
        ExchangeEnd.close(exchange, rows::close);
        exchange.getMessage().setBody(rows);
    }

    private Stream<Supplier<Iterator<List<Map<String, Object>>>>> parts(
            ObjectReader objects, Object cursor, Instant start) {
        Instant from = cursor == null ? Instant.EPOCH : CursorFormat.moment(cursor);
        Stream<Supplier<Iterator<List<Map<String, Object>>>>> parts = from.isAfter(Instant.EPOCH)
                ? Stream.of(() -> new Search(objects, from, start))
                : Stream.of(() -> new Listing(objects, null));
        if (cursor != null && !from.isAfter(Instant.EPOCH)) {
            // what changes during a long list can be older than the highest cursor of the list
            parts = Stream.concat(parts, Stream.of(() -> new Search(objects, start.minus(INDEX_LAG), Instant.now())));
        }
        return endpoint.isArchived() ? Stream.concat(parts, Stream.of(() -> new Listing(objects, start))) : parts;
    }
}
