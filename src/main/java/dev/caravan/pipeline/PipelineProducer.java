package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.Trigger;
import dev.caravan.run.PermanentException;
import dev.caravan.run.Run;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultProducer;

/**
 * Runs a pipeline from another route and waits for its end. Its parameters are taken from the exchange variables of the
 * same names; the message is not changed.
 */
final class PipelineProducer extends DefaultProducer {

    PipelineProducer(PipelineEndpoint endpoint) {
        super(endpoint);
    }

    @Override
    public PipelineEndpoint getEndpoint() {
        return (PipelineEndpoint) super.getEndpoint();
    }

    @Override
    public void process(Exchange exchange) {
        String name = getEndpoint().getName();
        PipelineConsumer pipeline = getEndpoint().getComponent().registry().get(name);
        Optional<Run> caller = Run.of(exchange);
        refuseRecursion(name, caller);
        RunRecord run = pipeline.run(Trigger.ROUTE, parameters(exchange, pipeline), caller.orElse(null));
        if (run.state() == RunState.SKIPPED) {
            throw new TransientException("Run " + run.id() + " of pipeline " + name + " was skipped: " + run.error());
        }
        if (run.state() != RunState.COMPLETED) {
            // it has used its own retries
            throw new PermanentException(
                    "Run " + run.id() + " of pipeline " + name + " " + run.state() + ": " + run.error());
        }
    }

    private static void refuseRecursion(String name, Optional<Run> caller) {
        Optional<Run> run = caller;
        while (run.isPresent()) {
            if (run.get().pipeline().equals(name)) {
                throw new UsageException("Pipeline " + name + " would run itself"
                        + (run.equals(caller)
                                ? ""
                                : " through pipeline " + caller.get().pipeline()));
            }
            run = run.get() instanceof Attempt attempt ? attempt.caller() : Optional.empty();
        }
    }

    private static Map<String, String> parameters(Exchange exchange, PipelineConsumer pipeline) {
        Map<String, Object> given = new HashMap<>();
        for (Parameter parameter : pipeline.getEndpoint().parameters().declared()) {
            Object value = exchange.getVariable(parameter.name());
            if (value != null) {
                given.put(parameter.name(), value);
            }
        }
        return Parameters.text(given);
    }
}
