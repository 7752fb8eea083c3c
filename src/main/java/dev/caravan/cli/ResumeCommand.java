package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import picocli.CommandLine.Command;

@Command(name = "resume", description = "Resume the schedule of a paused pipeline.")
final class ResumeCommand extends PipelineCommand {

    @Override
    public Integer call() {
        try (Application application = context.startQuietly(Extent.PIPELINES, pipeline)) {
            application.pipelines().resume(pipeline);
        }
        context.info(pipeline + " is resumed");
        return 0;
    }
}
