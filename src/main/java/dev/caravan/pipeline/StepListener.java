package dev.caravan.pipeline;

import dev.caravan.run.Run;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeEvent;
import org.apache.camel.spi.CamelEvent.ExchangeFailureHandledEvent;
import org.apache.camel.spi.CamelEvent.StepCompletedEvent;
import org.apache.camel.spi.CamelEvent.StepEvent;
import org.apache.camel.spi.CamelEvent.StepFailedEvent;
import org.apache.camel.spi.CamelEvent.StepStartedEvent;
import org.apache.camel.support.EventNotifierSupport;

/** Tells the attempts of their steps, and of failures that a route handled by itself. */
final class StepListener extends EventNotifierSupport {

    StepListener() {
        setIgnoreCamelContextEvents(true);
        setIgnoreCamelContextInitEvents(true);
        setIgnoreRouteEvents(true);
        setIgnoreServiceEvents(true);
        setIgnoreExchangeAsyncProcessingStartedEvents(true);
        setIgnoreExchangeCompletedEvent(true);
        setIgnoreExchangeCreatedEvent(true);
        setIgnoreExchangeRedeliveryEvents(true);
        setIgnoreExchangeSendingEvents(true);
        setIgnoreExchangeSentEvents(true);
    }

    @Override
    public boolean isEnabled(CamelEvent event) {
        return event instanceof StepEvent || event instanceof ExchangeFailureHandledEvent;
    }

    @Override
    public void notify(CamelEvent event) {
        Exchange exchange = ((ExchangeEvent) event).getExchange();
        if (!(Run.of(exchange).orElse(null) instanceof Attempt attempt)) {
            return;
        }
        if (event instanceof ExchangeFailureHandledEvent) {
            if (!exchange.getExchangeExtension().isFailureHandled()) {
                // caught by doTry: that is part of the route, not the end of it
                return;
            }
            attempt.handled(
                    exchange.getProperty(ExchangePropertyKey.EXCEPTION_CAUGHT, Throwable.class),
                    StepNames.current(exchange).map(StepNames.Step::name).orElse(null));
        } else if (event instanceof StepStartedEvent step) {
            attempt.stepStarted(name(exchange, step));
        } else if (event instanceof StepFailedEvent step) {
            attempt.stepEnded(name(exchange, step), exchange.getException());
        } else if (event instanceof StepCompletedEvent step) {
            attempt.stepEnded(name(exchange, step), null);
        }
    }

    private static String name(Exchange exchange, StepEvent step) {
        return StepNames.of(exchange.getContext(), step.getStepId()).name();
    }
}
