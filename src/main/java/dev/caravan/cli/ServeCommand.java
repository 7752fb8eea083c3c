package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "serve",
        description = "Run the pipelines on their schedules, in the foreground, until the process is told to stop"
                + " (Ctrl-C, SIGTERM): runs that are under way may finish then.")
final class ServeCommand implements Callable<Integer> {

    @Mixin
    private CommandContext context;

    @Override
    public Integer call() throws InterruptedException {
        try (Application application = context.start(Extent.SERVE)) {
            long scheduled = application.pipelines().list().stream()
                    .filter(pipeline -> pipeline.nextSlot() != null && !pipeline.paused())
                    .count();
            context.say(
                    "Caravan serves: " + scheduled + " pipelines on their schedules (caravan ls). Ctrl-C stops it.");
            application.awaitStop();
        }
        return 0;
    }
}
