package dev.caravan.pipeline;

import dev.caravan.run.CurrentRun;
import dev.caravan.run.Run;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;

/**
 * Wraps each processor in the routes of pipelines: stops the exchange of an ended attempt, and marks the thread that does
 * the work as working for the run, so that log lines and abort hooks find the run.
 */
final class RunInterceptor implements InterceptStrategy {

    private final PipelineRoutes routes;

    RunInterceptor(PipelineRoutes routes) {
        this.routes = routes;
    }

    @Override
    public Processor wrapProcessorInInterceptors(
            CamelContext context, NamedNode definition, Processor target, Processor nextTarget) {
        if (!routes.contains(definition)) {
            return target;
        }
        return new DelegateAsyncProcessor(target) {
            @Override
            public boolean process(Exchange exchange, AsyncCallback callback) {
                Run run = exchange.getProperty(Run.PROPERTY, Run.class);
                if (run == null) {
                    return super.process(exchange, callback);
                }
                return CurrentRun.with(
                        run,
                        () -> RunLogs.withRun(run.id(), run.pipeline(), () -> {
                            try {
                                run.ensureActive();
                            } catch (RuntimeException e) {
                                // the attempt has ended, or the ledger does not answer
                                exchange.setException(e);
                                callback.done(true);
                                return true;
                            }
                            return super.process(exchange, callback);
                        }));
            }
        };
    }
}
