package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "resume", description = "Let a paused pipeline run on its schedule again.")
final class ResumeCommand implements Callable<Integer> {

    @Mixin
    private Session session;

    @Parameters(paramLabel = "PIPELINE", description = "Its name, as caravan ls shows it.")
    private String pipeline;

    @Override
    public Integer call() {
        try (Application application = session.startQuietly(Extent.ON_DEMAND)) {
            application.pipelines().resume(pipeline);
        }
        session.say(pipeline + " is resumed");
        return 0;
    }
}
