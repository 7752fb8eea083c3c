package dev.caravan.pipeline;

import org.apache.camel.CamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.spi.ContextServicePlugin;
import org.apache.camel.support.LifecycleStrategySupport;

/**
 * Prepares the routes of pipelines before they are made. Camel loads it into every context, in which it does nothing until
 * there is a route that begins with {@code pipeline:}.
 */
public final class PipelinePlugin implements ContextServicePlugin {

    @Override
    public void load(CamelContext context) {
        // the model may not be there yet
        context.addLifecycleStrategy(new LifecycleStrategySupport() {
            @Override
            public void onContextInitializing(CamelContext initializing) {
                Model model = initializing.getCamelContextExtension().getContextPlugin(Model.class);
                model.addModelLifecycleStrategy(new PipelineRoutes(initializing, model.getRouteDefinitions()));
            }
        });
    }
}
