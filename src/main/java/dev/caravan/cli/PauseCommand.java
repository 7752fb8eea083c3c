package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import picocli.CommandLine.Command;

@Command(
        name = "pause",
        description = "Pass the slots of a pipeline by until it is resumed, restarts included. It still runs by hand.")
final class PauseCommand extends OnePipeline {

    @Override
    public Integer call() {
        try (Application application = context.startQuietly(Extent.PIPELINES, pipeline)) {
            application.pipelines().pause(pipeline);
        }
        context.say(pipeline + " is paused");
        return 0;
    }
}
