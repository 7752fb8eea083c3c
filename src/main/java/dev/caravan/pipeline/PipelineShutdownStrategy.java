package dev.caravan.pipeline;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.RouteStartupOrder;
import org.apache.camel.spi.ShutdownStrategy;

/**
 * The shutdown strategy of the context, except that suspending a pipeline does not wait for its runs: that only skips
 * scheduled runs. Camel would wait for the run in progress, and end it after the shutdown timeout.
 */
interface PipelineShutdownStrategy extends ShutdownStrategy {

    /** Wraps the strategy of a context, unless that has been done. */
    static void install(CamelContext context) {
        ShutdownStrategy strategy = context.getShutdownStrategy();
        if (!(strategy instanceof PipelineShutdownStrategy)) {
            context.setShutdownStrategy(wrap(strategy));
        }
    }

    private static PipelineShutdownStrategy wrap(ShutdownStrategy strategy) {
        return (PipelineShutdownStrategy) Proxy.newProxyInstance(
                PipelineShutdownStrategy.class.getClassLoader(),
                new Class<?>[] {PipelineShutdownStrategy.class},
                (proxy, method, arguments) -> {
                    if (method.getName().equals("equals")) {
                        return proxy == arguments[0];
                    }
                    if (method.getName().equals("suspend") && arguments != null) {
                        arguments[1] = withoutPipelines((List<?>) arguments[1]);
                    }
                    try {
                        return method.invoke(strategy, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static List<RouteStartupOrder> withoutPipelines(List<?> routes) {
        return Stream.of(routes.toArray())
                .map(RouteStartupOrder.class::cast)
                .filter(route -> !(route.getInput() instanceof PipelineConsumer))
                .toList();
    }
}
