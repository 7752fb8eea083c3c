package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.Ledger;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;

/** A Camel context with pipelines on an SQLite ledger, for one test. */
final class PipelineContext implements AutoCloseable {

    final DefaultCamelContext camel = new DefaultCamelContext();
    final PipelineComponent component = new PipelineComponent();

    PipelineContext(Path directory) {
        component.setLedgerUrl(url(directory));
        component.setLease(20_000);
        camel.addComponent("pipeline", component);
        camel.getShutdownStrategy().setTimeout(20);
    }

    static String url(Path directory) {
        return "jdbc:sqlite:" + directory.resolve("ledger.db");
    }

    static Ledger ledger(Path directory) {
        return Ledger.open(url(directory), null, null);
    }

    PipelineContext with(Consumer<PipelineComponent> options) {
        options.accept(component);
        return this;
    }

    PipelineContext start(RouteBuilder... routes) throws Exception {
        for (RouteBuilder route : routes) {
            camel.addRoutes(route);
        }
        camel.start();
        return this;
    }

    Pipelines pipelines() {
        return component.pipelines();
    }

    @Override
    public void close() {
        camel.stop();
    }
}
