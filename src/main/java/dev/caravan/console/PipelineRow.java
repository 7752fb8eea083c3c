package dev.caravan.console;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.caravan.pipeline.Parameter;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.ledger.Usual;
import java.time.Instant;
import java.util.List;

/**
 * A pipeline in a list.
 *
 * @param schedule in words, or null if it runs on demand only
 * @param nextSlot null if it is paused or has none
 * @param parameters that it declares
 * @param usual null if too few runs are known
 * @param recent its last runs, newest first
 */
record PipelineRow(
        String pipeline,
        String description,
        String schedule,
        String cron,
        String timeZone,
        Instant nextSlot,
        boolean paused,
        List<String> tags,
        @JsonIgnore List<Parameter> parameters,
        int missed,
        RunView lastRun,
        Usual usual,
        @JsonIgnore List<RunView> recent) {

    static PipelineRow of(Pipeline pipeline, List<RunView> recent, Usual usual) {
        return new PipelineRow(
                pipeline.name(),
                pipeline.description(),
                pipeline.schedule(),
                pipeline.cron(),
                pipeline.timeZone(),
                pipeline.paused() ? null : pipeline.nextSlot(),
                pipeline.paused(),
                pipeline.tags(),
                pipeline.parameters(),
                pipeline.missed().size(),
                recent.isEmpty() ? null : recent.get(0),
                usual,
                recent);
    }

    Bars bars() {
        return Bars.of(recent);
    }
}
