package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "pause",
        description = "Pass the slots of a pipeline by until it is resumed, restarts included. It still runs by hand.")
final class PauseCommand implements Callable<Integer> {

    @Mixin
    private Session session;

    @Parameters(paramLabel = "PIPELINE", description = "Its name, as caravan ls shows it.")
    private String pipeline;

    @Override
    public Integer call() {
        try (Application application = session.startQuietly(Extent.ON_DEMAND)) {
            application.pipelines().pause(pipeline);
        }
        session.say(pipeline + " is paused");
        return 0;
    }
}
