package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "serve",
        description =
                "Run the pipelines on their schedules, in the foreground, until stopped (Ctrl-C, SIGTERM). Runs in"
                        + " progress can finish then.")
final class ServeCommand implements Callable<Integer> {

    @Mixin
    private CommandContext context;

    @Override
    public Integer call() throws InterruptedException {
        try (Application application = context.start(Extent.SERVE)) {
            long scheduled = application.pipelines().list().stream()
                    .filter(pipeline -> pipeline.nextSlot() != null && !pipeline.paused())
                    .count();
            context.info("Serving " + scheduled + " scheduled pipelines (see caravan ls). Press Ctrl-C to stop.");
            application.consoleAddress().ifPresent(address -> context.info("Console: " + address));
            application.awaitStop();
        }
        return 0;
    }
}
