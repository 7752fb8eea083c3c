package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.ledger.RunRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "inspect", description = "Show a pipeline: what it does, its schedule, parameters and last runs.")
final class InspectCommand implements Callable<Integer> {

    private static final int LAST_RUNS = 5;

    @Mixin
    private Session session;

    @Parameters(paramLabel = "PIPELINE", description = "Its name, as caravan ls shows it.")
    private String name;

    @Override
    public Integer call() {
        try (Application application = session.startQuietly(Extent.ON_DEMAND)) {
            Pipeline pipeline = application.pipelines().get(name);
            List<RunRecord> runs = application.pipelines().ledger().history().list(name, null, LAST_RUNS);
            session.output().record(fields(pipeline, runs));
        }
        return 0;
    }

    private static Map<String, Object> fields(Pipeline pipeline, List<RunRecord> runs) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("pipeline", pipeline.name());
        fields.put("description", pipeline.description());
        fields.put("cron", pipeline.cron());
        fields.put("schedule", pipeline.schedule() == null ? "on demand" : pipeline.schedule());
        fields.put("time_zone", pipeline.timeZone());
        fields.put("next_slot", pipeline.paused() ? null : pipeline.nextSlot());
        fields.put("paused", pipeline.paused());
        fields.put("tags", pipeline.tags());
        fields.put(
                "parameters",
                pipeline.parameters().stream().map(String::valueOf).toList());
        fields.put("last_runs", runs.stream().map(Fields::summary).toList());
        return fields;
    }
}
