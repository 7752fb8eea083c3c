package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import picocli.CommandLine.Command;

@Command(name = "resume", description = "Let a paused pipeline run on its schedule again.")
final class ResumeCommand extends OnePipeline {

    @Override
    public Integer call() {
        try (Application application = context.startQuietly(Extent.PIPELINES, pipeline)) {
            application.pipelines().resume(pipeline);
        }
        context.say(pipeline + " is resumed");
        return 0;
    }
}
