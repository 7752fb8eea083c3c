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
 * Stands before every processor of every route: lets nothing of an ended attempt pass, and marks whatever thread does
 * the work as working for the run, so that its log and what it holds find the run.
 */
final class RunInterceptor implements InterceptStrategy {

    @Override
    public Processor wrapProcessorInInterceptors(
            CamelContext context, NamedNode definition, Processor target, Processor nextTarget) {
        return new DelegateAsyncProcessor(target) {
            @Override
            public boolean process(Exchange exchange, AsyncCallback callback) {
                Run run = exchange.getProperty(Run.PROPERTY, Run.class);
                if (run == null) {
                    return super.process(exchange, callback);
                }
                return CurrentRun.with(
                        run,
                        () -> RunLogs.of(run.id(), () -> {
                            try {
                                run.ensureActive();
                            } catch (RuntimeException e) {
                                // it may not go on, or the ledger cannot say so
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
