package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "serve",
        description =
                "Run the pipelines on their schedules, in the foreground, until stopped (Ctrl-C, SIGTERM). Runs in"
                        + " progress can finish then.")
final class ServeCommand implements Callable<Integer> {

    @Mixin
    private CommandContext context;

    @Option(
            names = "--no-schedule",
            description =
                    "Leave the slots to another scheduler, which starts caravan run NAME --slot: only the console,"
                            + " alerts, and runs that were requested there or with --detach.")
    private boolean noSchedule;

    @Override
    public Integer call() throws InterruptedException {
        try (Application application = context.start(noSchedule ? Extent.SERVE_REQUESTS : Extent.SERVE)) {
            if (noSchedule) {
                context.info("Serving runs that are requested, without schedules. Press Ctrl-C to stop.");
            } else {
                long scheduled = application.pipelines().list().stream()
                        .filter(pipeline -> pipeline.nextSlot() != null && !pipeline.paused())
                        .count();
                context.info("Serving " + scheduled + " scheduled pipelines (see caravan ls). Press Ctrl-C to stop.");
            }
            application.consoleAddress().ifPresent(address -> context.info("Console: " + address));
            application.awaitStop();
        }
        return 0;
    }
}
