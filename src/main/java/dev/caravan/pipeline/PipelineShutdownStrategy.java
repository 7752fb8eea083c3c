package dev.caravan.pipeline;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.engine.DefaultShutdownStrategy;
import org.apache.camel.spi.RouteStartupOrder;
import org.apache.camel.spi.ShutdownStrategy;

/**
 * Camel's own, but for one thing: to pause a pipeline only means to pass its slots by. Camel would wait for the run that
 * is under way, and end it if that takes longer than a shutdown may.
 */
final class PipelineShutdownStrategy extends DefaultShutdownStrategy {

    PipelineShutdownStrategy(CamelContext context) {
        super(context);
        ShutdownStrategy configured = context.getShutdownStrategy();
        setTimeout(configured.getTimeout());
        setTimeUnit(configured.getTimeUnit());
        setShutdownNowOnTimeout(configured.isShutdownNowOnTimeout());
        setShutdownRoutesInReverseOrder(configured.isShutdownRoutesInReverseOrder());
        setSuppressLoggingOnTimeout(configured.isSuppressLoggingOnTimeout());
        setLogInflightExchangesOnTimeout(configured.isLogInflightExchangesOnTimeout());
        setLoggingLevel(configured.getLoggingLevel());
    }

    @Override
    protected boolean doShutdown(
            CamelContext context,
            List<RouteStartupOrder> routes,
            long timeout,
            TimeUnit timeUnit,
            boolean suspendOnly,
            boolean abortAfterTimeout,
            boolean forceShutdown)
            throws Exception {
        List<RouteStartupOrder> affected = routes.stream()
                .filter(route -> !suspendOnly || !(route.getInput() instanceof PipelineConsumer))
                .toList();
        return super.doShutdown(context, affected, timeout, timeUnit, suspendOnly, abortAfterTimeout, forceShutdown);
    }
}
