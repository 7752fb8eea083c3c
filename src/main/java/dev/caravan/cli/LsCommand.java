package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.pipeline.Pipeline;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "ls", description = "List the pipelines: schedule in words, next slot, last run, paused or not.")
final class LsCommand implements Callable<Integer> {

    @Mixin
    private Session session;

    @Override
    public Integer call() {
        try (Application application = session.startQuietly(Extent.PIPELINES)) {
            session.output()
                    .rows(application.pipelines().list().stream()
                            .map(LsCommand::fields)
                            .toList());
        }
        return 0;
    }

    private static Map<String, Object> fields(Pipeline pipeline) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("pipeline", pipeline.name());
        fields.put("schedule", pipeline.schedule() == null ? "on demand" : pipeline.schedule());
        fields.put("time_zone", pipeline.schedule() == null ? null : pipeline.timeZone());
        fields.put("next_slot", pipeline.paused() ? null : pipeline.nextSlot());
        fields.put("paused", pipeline.paused());
        fields.put(
                "last_run",
                pipeline.lastRun() == null ? null : pipeline.lastRun().created());
        fields.put(
                "last_state",
                pipeline.lastRun() == null ? null : pipeline.lastRun().state());
        return fields;
    }
}
