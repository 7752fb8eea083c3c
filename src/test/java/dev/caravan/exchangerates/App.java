package dev.caravan.exchangerates;

import dev.caravan.aws.BoundedS3Component;
import dev.caravan.local.ExchangeRateServer;
import dev.caravan.run.Day;
import dev.caravan.run.FakeRun;
import dev.caravan.run.Run;
import java.time.LocalDate;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.ExchangeBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.direct.DirectComponent;
import org.apache.camel.main.Main;

/** The shipped routes of this room, started by Camel Main as the application does; runs are started by hand. */
final class App implements AutoCloseable {

    /** What the run has said about days. */
    final SortedMap<LocalDate, Day.State> days = new ConcurrentSkipListMap<>();

    final AtomicLong bytes = new AtomicLong();
    volatile Runnable ensureActive = () -> {};
    final AtomicInteger arrivals = new AtomicInteger();
    volatile List<?> files;
    private final Main main = new Main();
    private final ProducerTemplate template;

    App(ExchangeRateServer server, Map<String, String> properties) {
        Map<String, String> all = new HashMap<>(properties);
        all.put("camel.beans.openexchangerates", "#class:" + OpenExchangeRates.class.getName());
        all.putIfAbsent("exchange-rates.url", server.url());
        all.putIfAbsent("exchange-rates.api-key", ExchangeRateServer.KEY);
        all.putIfAbsent("exchange-rates.arrival", "direct:arrival");
        all.putIfAbsent("s3.bucket", "none");
        all.putIfAbsent("camel.component.aws2-s3.access-key", "test");
        all.putIfAbsent("camel.component.aws2-s3.secret-key", "test");
        all.putIfAbsent("camel.component.aws2-s3.region", "us-east-1");
        all.put("camel.main.shutdown-timeout", "1");
        all.forEach(main::addInitialProperty);
        main.setPropertyPlaceholderLocations("false");
        main.bind("aws2-s3", new BoundedS3Component());
        main.bind("pipeline", new Pipelines());
        main.configure().withRoutesIncludePattern("file:routes/exchange-rates-*.yaml");
        main.configure().addRoutesBuilder(new RouteBuilder() {
            @Override
            public void configure() {
                String api = "api:openexchangerates%s?records=/&decimals=true&conditional=true";
                from("direct:ask").toD(api.formatted("${variable.resource}")).process(exchange -> exchange.getMessage()
                        .setBody(Document.of(exchange)));
                from("direct:put-latest").to(api.formatted("/latest.json")).to("direct:exchange-rates-put");
                from("direct:arrival").process(exchange -> {
                    arrivals.incrementAndGet();
                    files = exchange.getVariable("files", List.class);
                });
            }
        });
        main.start();
        template = context().createProducerTemplate();
    }

    CamelContext context() {
        return main.getCamelContext();
    }

    /** One attempt of the run R1. */
    Exchange send(String uri, Map<String, Object> variables) {
        Exchange exchange = ExchangeBuilder.anExchange(context())
                .withProperty(Run.PROPERTY, new RunOne())
                .build();
        variables.forEach(exchange::setVariable);
        return template.send(uri, exchange);
    }

    /** Asks as the shipped routes do. The body becomes the document. */
    Exchange ask(String resource) {
        return send("direct:ask", Map.of("resource", resource));
    }

    /** As the daily pipeline does. */
    Exchange putLatest() {
        return send("direct:put-latest", Map.of());
    }

    @Override
    public void close() {
        main.stop();
    }

    /** Triggers for what stands in routes as {@code pipeline:}. */
    private static final class Pipelines extends DirectComponent {

        @Override
        protected Endpoint createEndpoint(String uri, String name, Map<String, Object> parameters) throws Exception {
            parameters.clear();
            return super.createEndpoint(uri, name, parameters);
        }
    }

    private final class RunOne extends FakeRun {

        RunOne() {
            super("R1");
        }

        @Override
        public void addProgress(Exchange exchange, long rows, long more) {
            bytes.addAndGet(more);
        }

        @Override
        public void report(Collection<Day> known) {
            known.forEach(day -> days.put(day.day(), day.state()));
        }

        @Override
        public void ensureActive() {
            ensureActive.run();
        }
    }
}
