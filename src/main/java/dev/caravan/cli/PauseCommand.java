package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import picocli.CommandLine.Command;

@Command(
        name = "pause",
        description = "Pause a pipeline: skip scheduled runs until it is resumed, even across restarts. It can still be"
                + " run manually.")
final class PauseCommand extends PipelineCommand {

    @Override
    public Integer call() {
        try (Application application = context.startQuietly(Extent.PIPELINES, pipeline)) {
            application.pipelines().pause(pipeline);
        }
        context.info(pipeline + " is paused");
        return 0;
    }
}
