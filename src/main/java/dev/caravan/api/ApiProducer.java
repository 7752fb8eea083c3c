package dev.caravan.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.caravan.api.ApiRows.Source;
import dev.caravan.run.CurrentRun;
import dev.caravan.run.ExchangeEnd;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;
import org.apache.camel.support.SynchronizationAdapter;
import org.apache.hc.core5.net.PercentCodec;
import org.apache.hc.core5.net.URIBuilder;

/** Sets the body to the rows of an API. */
final class ApiProducer extends DefaultProducer {

    /** A column of the parent in a path. */
    static final Pattern COLUMN = Pattern.compile("\\{([^{}/]+)}");

    private final ApiEndpoint endpoint;

    ApiProducer(ApiEndpoint endpoint) {
        super(endpoint);
        this.endpoint = endpoint;
    }

    @Override
    public void process(Exchange exchange) {
        Run run = CurrentRun.of(exchange);
        ApiClient client = endpoint.client();
        Reading reading = new Reading(exchange, client, run);
        Iterator<Source> sources = endpoint.isChild() ? reading.ofParents() : reading.ofWindows();
        ApiRows rows =
                new ApiRows(client, endpoint.name(), run, sources, endpoint.isChild() ? endpoint.getParallel() : 1);
        ExchangeEnd.close(exchange, rows::close);
        if (endpoint.isConditional()) {
            reading.keep();
        }
        exchange.getMessage().setBody(rows);
    }

    /** What one exchange reads. */
    private final class Reading {

        private final Exchange exchange;
        private final ApiClient client;
        private final Run run;
        private final Map<String, String> headers = new LinkedHashMap<>();
        private final Map<String, String> query = new LinkedHashMap<>();
        private final JsonNode body;
        private Request first;
        private Pages pages;

        Reading(Exchange exchange, ApiClient client, Run run) {
            this.exchange = exchange;
            this.client = client;
            this.run = run;
            endpoint.getHeaders().forEach((name, value) -> headers.put(name, evaluate(value)));
            endpoint.getQuery().forEach((name, value) -> query.put(name, evaluate(value)));
            this.body = body();
        }

        /** Evaluates an expression of the language Simple. */
        private String evaluate(Object text) {
            String value = String.valueOf(text);
            if (!value.contains("${")) {
                return value;
            }
            String result = exchange.getContext()
                    .resolveLanguage("simple")
                    .createExpression(value)
                    .evaluate(exchange, String.class);
            return result == null ? "" : result;
        }

        private JsonNode body() {
            if (!endpoint.getMethod().equals("POST")) {
                return null;
            }
            try {
                return endpoint.getBody() == null
                        ? PageReader.JSON.createObjectNode()
                        : PageReader.JSON.readTree(evaluate(endpoint.getBody()));
            } catch (JsonProcessingException e) {
                throw new PermanentException(
                        endpoint.name() + ": the option body is not JSON: " + e.getOriginalMessage(), e);
            }
        }

        private Request request(String path) {
            try {
                URI base = client.origin();
                String address = path.isEmpty() ? base.toString() : base + "/" + path.replaceFirst("^/+", "");
                URIBuilder uri = new URIBuilder(address.replace(" ", "%20"));
                query.forEach(uri::setParameter);
                Request request = new Request(endpoint.getMethod(), uri.build(), headers, body);
                if (!client.owns(request.uri())) {
                    throw new PermanentException(endpoint.name() + ": the path leaves the API");
                }
                return endpoint.getCursorParam() == null
                        ? request
                        : request.with(
                                endpoint.getCursorParam(),
                                endpoint.cursorFormat().write(cursor()));
            } catch (URISyntaxException e) {
                throw new PermanentException(endpoint.name() + ": the path is not valid in an address", e);
            }
        }

        private Object cursor() {
            Object cursor = exchange.getMessage().getHeader(CursorFormat.HEADER);
            if (cursor == null) {
                throw new PermanentException(endpoint.name() + " needs the cursor of a table: before this step, call"
                        + " warehouse:DATABASE.SCHEMA.TABLE with operation: readCursor");
            }
            return cursor;
        }

        private Source source(Request request, String name, Map<String, Object> extra) {
            first = request;
            pages = new Pages(client, request, endpoint.plan(), name, run);
            return new Source(pages, extra);
        }

        /** Keeps the answer if the exchange completes, so that a retry does not get one again that was of no use. */
        void keep() {
            Request request = first;
            Page answer = pages.latest().copy();
            exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
                @Override
                public void onComplete(Exchange done) {
                    client.keep(request, endpoint.plan().form(), answer);
                }
            });
        }

        /** One list, or one for each window of time from the cursor until now. */
        Iterator<Source> ofWindows() {
            Request whole = request(evaluate(endpoint.getPath()));
            if (endpoint.getDateWindow() == null) {
                return List.of(source(whole, endpoint.name(), Map.of())).iterator();
            }
            Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            Instant first = CursorFormat.moment(cursor());
            return Stream.iterate(
                            first,
                            start -> start.equals(first) || start.isBefore(now),
                            start -> start.plus(endpoint.window()))
                    .map(start -> source(window(whole, start, now), endpoint.name(), Map.of()))
                    .iterator();
        }

        /** Days belong to one window each; other windows end where the next one begins. */
        private Request window(Request whole, Instant start, Instant now) {
            CursorFormat format = endpoint.cursorFormat();
            Instant next = start.plus(endpoint.window());
            Instant end = next.isAfter(now) ? now : format == CursorFormat.DATE ? next.minus(1, ChronoUnit.DAYS) : next;
            return whole.with(endpoint.getStartParam(), format.write(start))
                    .with(endpoint.getEndParam(), format.write(end.isBefore(start) ? start : end));
        }

        /** One list for each row of the body. */
        Iterator<Source> ofParents() {
            Object rows = exchange.getMessage().getBody();
            if (rows instanceof Iterable<?> iterable) {
                rows = iterable.iterator();
            }
            if (!(rows instanceof Iterator<?> parents)) {
                throw new PermanentException(endpoint.name()
                        + " needs the rows of its parents as the body, such as those of" + " another api: or jdbc:");
            }
            String path = evaluate(endpoint.getPath());
            return new Iterator<>() {
                @Override
                public boolean hasNext() {
                    return parents.hasNext();
                }

                @Override
                public Source next() {
                    if (!(parents.next() instanceof Map<?, ?> parent)) {
                        throw new PermanentException(endpoint.name() + ": a row of the body is not a map");
                    }
                    Map<String, Object> extra = new LinkedHashMap<>();
                    endpoint.getParent().forEach((column, of) -> extra.put(column, value(parent, of.toString())));
                    String filled = COLUMN.matcher(path)
                            .replaceAll(column -> Matcher.quoteReplacement(segment(parent, column.group(1))));
                    return source(request(filled), "api:" + endpoint.getName() + "/" + filled, extra);
                }
            };
        }

        private Object value(Map<?, ?> parent, String column) {
            if (!parent.containsKey(column)) {
                throw new PermanentException(endpoint.name() + ": a row of the body has no column " + column
                        + "; it has " + parent.keySet());
            }
            return parent.get(column);
        }

        /** Returns the value of a column as a part of a path. */
        private String segment(Map<?, ?> parent, String column) {
            Object value = value(parent, column);
            String text = value == null ? "" : value.toString();
            if (text.isBlank() || text.equals(".") || text.equals("..")) {
                throw new PermanentException(endpoint.name() + ": a row of the body has no value in " + column
                        + " that can be part of a path");
            }
            return PercentCodec.RFC3986.encode(text);
        }
    }
}
