package dev.caravan.pipeline;

import org.apache.camel.CamelContext;
import org.apache.camel.model.Model;
import org.apache.camel.spi.ContextServicePlugin;

/** What has to be in place before the first route is made, whether or not it is a pipeline's. Camel finds and calls it. */
public final class PipelinePlugin implements ContextServicePlugin {

    @Override
    public void load(CamelContext context) {
        context.getCamelContextExtension().addInterceptStrategy(new RunInterceptor());
        context.setShutdownStrategy(new PipelineShutdownStrategy(context));
        StepNames names = new StepNames();
        context.getCamelContextExtension().addContextPlugin(StepNames.class, names);
        context.getCamelContextExtension().addInterceptStrategy(names);
        context.getCamelContextExtension().getContextPlugin(Model.class).addModelLifecycleStrategy(names);
    }
}
