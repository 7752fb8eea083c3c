package dev.caravan.console;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.caravan.pipeline.Parameter;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.ledger.StepRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A pipeline.
 *
 * @param slots its next slots
 * @param calendar the slots of a month; null if it runs on demand only
 * @param cost of a month; null if it runs on demand only
 * @param tables that it loads
 * @param runs its last runs, newest first
 * @param grid its last runs by steps
 * @param definition its route
 */
record PipelinePage(
        PipelineRow pipeline,
        Duration timeout,
        List<Parameter> parameters,
        List<Instant> slots,
        List<Instant> missedSlots,
        SlotCalendar calendar,
        Costs.Month cost,
        List<PipelineTable> tables,
        List<RunView> runs,
        @JsonIgnore Grid grid,
        Definition definition,
        @JsonIgnore Form form,
        Instant now) {

    private static final int NEXT_SLOTS = 8;
    private static final Duration AHEAD = Duration.ofDays(400);

    /**
     * The form that starts a run.
     *
     * @param values as the user typed them
     * @param error why they were refused, or null
     */
    record Form(Map<String, String> values, String error) {
        static final Form EMPTY = new Form(Map.of(), null);

        String value(Parameter parameter) {
            String typed = values.get(parameter.name());
            return typed != null ? typed : parameter.defaultValue() == null ? "" : parameter.defaultValue();
        }
    }

    /** Runs as columns, oldest first, and steps as lines. */
    record Grid(List<RunView> runs, List<Line> lines) {

        /** The cells of a step; null where a run has not reached it. */
        record Line(String step, List<Cell> cells) {}

        record Cell(String state, String title) {}

        static Grid of(Data data, List<RunView> newestFirst) {
            List<RunView> runs = new ArrayList<>(newestFirst);
            Collections.reverse(runs);
            Map<String, List<StepRecord>> steps = data.ledger()
                    .history()
                    .lastSteps(runs.stream().map(RunView::run).toList());
            Map<String, List<Cell>> lines = new LinkedHashMap<>();
            for (int i = 0; i < runs.size(); i++) {
                for (StepRecord step : steps.getOrDefault(runs.get(i).run(), List.of())) {
                    List<Cell> cells = lines.computeIfAbsent(
                            step.id(), id -> new ArrayList<>(Collections.nCopies(runs.size(), null)));
                    Duration duration = RunView.between(step.started(), step.finished());
                    cells.set(
                            i,
                            new Cell(
                                    step.state().toString(),
                                    step.id() + ": " + step.state()
                                            + (duration == null ? "" : ", " + Words.duration(duration))
                                            + ", " + Words.count(step.rows(), "row")
                                            + (step.error() == null ? "" : ". " + step.error())));
                }
            }
            return new Grid(
                    runs,
                    lines.entrySet().stream()
                            .map(line -> new Line(line.getKey(), line.getValue()))
                            .toList());
        }
    }

    static PipelinePage of(Data data, String name, String month, Form form) {
        Pipeline pipeline = data.pipelines().get(name);
        List<RunView> runs = data.recent(List.of(name)).getOrDefault(name, List.of());
        Instant now = data.now();
        return new PipelinePage(
                PipelineRow.of(pipeline, runs, data.usual(List.of(name)).get(name)),
                pipeline.timeout(),
                pipeline.parameters(),
                data.pipelines().slots(name, now, now.plus(AHEAD), NEXT_SLOTS),
                pipeline.missed(),
                pipeline.cron() == null ? null : SlotCalendar.of(data, name, month),
                pipeline.cron() == null ? null : data.costs().of(name, now),
                PipelineTable.of(data, name),
                runs,
                Grid.of(data, runs),
                Definition.of(data, pipeline.routeId()),
                form,
                now);
    }

    Plot durations() {
        return Plot.of(
                runs,
                run -> run.duration() == null ? 0 : run.duration().toMillis(),
                millis -> Words.duration(Duration.ofMillis(millis)),
                pipeline.usual() == null ? null : pipeline.usual().millis());
    }

    Plot rows() {
        return Plot.of(
                runs,
                RunView::rows,
                Words::number,
                pipeline.usual() == null ? null : pipeline.usual().rows());
    }
}
