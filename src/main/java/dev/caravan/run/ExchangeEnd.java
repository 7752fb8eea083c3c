package dev.caravan.run;

import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;

/** What is done when an exchange ends. */
public final class ExchangeEnd {

    private ExchangeEnd() {}

    /**
     * Closes rows with the exchange, in case they are not read to the end. A Kamelet's exchange ends before its rows are
     * read; those are closed with the run's attempt.
     */
    public static void close(Exchange exchange, Runnable rows) {
        Endpoint from = exchange.getFromEndpoint();
        if (from == null || !from.getEndpointUri().startsWith("kamelet:")) {
            exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
                @Override
                public void onDone(Exchange done) {
                    rows.run();
                }
            });
        }
    }
}
