package dev.caravan.run;

import java.util.Optional;
import org.apache.camel.Exchange;

/** A run without a ledger, whose attempt never ends; tests override what they look at. */
public class FakeRun implements Run {

    private final String id;
    private final String pipeline;

    /** A run of the pipeline {@code test}. */
    public FakeRun(String id) {
        this(id, "test");
    }

    public FakeRun(String id, String pipeline) {
        this.id = id;
        this.pipeline = pipeline;
    }

    @Override
    public final String id() {
        return id;
    }

    @Override
    public final String pipeline() {
        return pipeline;
    }

    @Override
    public final int attempt() {
        return 1;
    }

    @Override
    public Optional<String> step(Exchange exchange) {
        return Optional.ofNullable(exchange.getProperty(Exchange.STEP_ID, String.class));
    }

    @Override
    public void addProgress(Exchange exchange, long rows, long bytes) {}

    @Override
    public void ensureActive() {}

    @Override
    public void renewLease() {}
}
