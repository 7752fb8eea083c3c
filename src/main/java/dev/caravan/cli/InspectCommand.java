package dev.caravan.cli;

import dev.caravan.Application;
import dev.caravan.Application.Extent;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.Pipelines;
import dev.caravan.pipeline.ledger.RunRecord;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

@Command(name = "inspect", description = "Show a pipeline: description, schedule, parameters and last runs.")
final class InspectCommand extends PipelineCommand {

    private static final int LAST_RUNS = 5;

    @Override
    public Integer call() {
        try (Application application = context.startQuietly(Extent.PIPELINES, pipeline)) {
            List<RunRecord> runs = application.pipelines().ledger().history().list(pipeline, null, LAST_RUNS);
            context.output()
                    .record(fields(
                            application.pipelines(), application.pipelines().get(pipeline), runs));
        }
        return 0;
    }

    private static Map<String, Object> fields(Pipelines pipelines, Pipeline pipeline, List<RunRecord> runs) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("pipeline", pipeline.name());
        fields.put("description", pipeline.description());
        fields.put("cron", pipeline.cron());
        fields.put("schedule", pipeline.schedule() == null ? "on demand" : pipeline.schedule());
        fields.put("time_zone", pipeline.timeZone());
        fields.put("next_slot", pipeline.paused() ? null : pipeline.nextSlot());
        fields.put(
                "catch_up",
                pipeline.cron() == null
                        ? null
                        : pipelines.catchUp(pipeline.name()).name());
        fields.put("missed_slots_to_run", pipelines.toMakeUp(pipeline.name()));
        fields.put("timeout", pipeline.timeout());
        fields.put("paused", pipeline.paused());
        fields.put("tags", pipeline.tags());
        fields.put(
                "parameters",
                pipeline.parameters().stream().map(String::valueOf).toList());
        fields.put("last_runs", runs.stream().map(Fields::summary).toList());
        return fields;
    }
}
