package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.pipeline.Slot;
import dev.caravan.run.Times;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "slots",
        description = "List the slots that were missed, those that are overdue, and those of the next 24 hours.")
final class SlotsCommand implements Callable<Integer> {

    private static final List<String> NAMES = List.of("slot", "pipeline", "state", "reason", "run");

    @Mixin
    private CommandContext context;

    @Parameters(
            paramLabel = "PIPELINE",
            arity = "0..1",
            description = "Only the slots of this pipeline, as listed by caravan ls.")
    private String pipeline;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            defaultValue = "7d",
            description =
                    "Slots missed since a time (2026-01-31, 2026-01-31T06:00:00Z) or within a period (90m, 24h, 7d);"
                            + " 7d by default.")
    private String since;

    @Override
    public Integer call() {
        Instant begin = Times.since("--since", since);
        try (Application application = context.startQuietly(Extent.PIPELINES, pipeline)) {
            context.output()
                    .rows(
                            NAMES,
                            application.pipelines().slots(pipeline, begin).stream()
                                    .map(SlotsCommand::fields)
                                    .iterator());
        }
        return 0;
    }

    private static Map<String, Object> fields(Slot slot) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("slot", slot.time());
        fields.put("pipeline", slot.pipeline());
        fields.put("state", slot.state());
        fields.put("reason", slot.reason());
        fields.put("run", slot.run());
        return fields;
    }
}
