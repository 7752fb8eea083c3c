package dev.caravan.console;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.StepRecord;
import dev.caravan.pipeline.ledger.Usual;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A run.
 *
 * @param usual what is usual for its pipeline, or null
 * @param log its last lines
 * @param logLines how many lines it has
 */
record RunPage(
        RunView run,
        List<Attempt> attempts,
        Usual usual,
        @JsonIgnore List<LogLine> log,
        long logLines,
        boolean pipelineKnown,
        Instant now) {

    static final int TAIL = 200;

    record Attempt(
            int attempt,
            RunState state,
            long rows,
            long bytes,
            Instant started,
            Duration duration,
            String error,
            List<Step> steps) {}

    record Step(String step, RunState state, long rows, long bytes, Instant started, Duration duration, String error) {}

    static RunPage of(Data data, String id) {
        RunView run = data.run(id);
        Instant now = data.now();
        long lines = data.ledger().logs().last(id);
        return new RunPage(
                run,
                data.ledger().history().attempts(id).stream()
                        .map(attempt -> attempt(attempt, now))
                        .toList(),
                data.usual(List.of(run.pipeline())).get(run.pipeline()),
                data.ledger().logs().list(id, Math.max(0, lines - TAIL), TAIL),
                lines,
                data.pipelines().names().contains(run.pipeline()),
                now);
    }

    private static Attempt attempt(AttemptRecord attempt, Instant now) {
        return new Attempt(
                attempt.attempt(),
                attempt.state(),
                attempt.rows(),
                attempt.bytes(),
                attempt.started(),
                RunView.between(attempt.started(), attempt.finished() == null ? now : attempt.finished()),
                attempt.error(),
                attempt.steps().stream().map(step -> step(step, attempt, now)).toList());
    }

    private static Step step(StepRecord step, AttemptRecord attempt, Instant now) {
        Instant end = step.finished() != null ? step.finished() : attempt.finished() != null ? attempt.finished() : now;
        return new Step(
                step.id(),
                step.state(),
                step.rows(),
                step.bytes(),
                step.started(),
                RunView.between(step.started(), end),
                step.error());
    }

    /**
     * A bar on the time line.
     *
     * @param x and width in thousandths of the line's width
     * @param step whether it is a step, else an attempt
     */
    record Bar(String name, String state, boolean step, int x, int width, String duration, String title) {}

    /** Returns attempts and steps as bars; the waits between attempts, which can be hours, are cut to a gap. */
    List<Bar> timeline() {
        if (attempts.isEmpty()) {
            return List.of();
        }
        long gap = Math.max(1, total() / 20);
        long whole = Math.max(1, total() + gap * (attempts.size() - 1));
        List<Bar> bars = new ArrayList<>();
        long offset = 0;
        for (Attempt attempt : attempts) {
            bars.add(bar(
                    "Attempt " + attempt.attempt(),
                    attempt.state(),
                    false,
                    offset,
                    attempt.duration(),
                    attempt.error(),
                    whole));
            for (Step step : attempt.steps()) {
                long begin = offset
                        + Duration.between(attempt.started(), step.started()).toMillis();
                bars.add(bar(step.step(), step.state(), true, begin, step.duration(), step.error(), whole));
            }
            offset += attempt.duration().toMillis() + gap;
        }
        return bars;
    }

    private long total() {
        return attempts.stream()
                .mapToLong(attempt -> attempt.duration().toMillis())
                .sum();
    }

    private static Bar bar(
            String name, RunState state, boolean step, long begin, Duration duration, String error, long whole) {
        int x = (int) Math.max(0, Math.min(995, 1000 * begin / whole));
        int width = (int) Math.max(5, Math.min(1000 - x, 1000 * duration.toMillis() / whole));
        return new Bar(
                name,
                state.toString(),
                step,
                x,
                width,
                Words.duration(duration),
                name + ": " + state + " after " + Words.duration(duration) + (error == null ? "" : ". " + error));
    }

    /** Returns the command that runs the pipeline with the same parameters. */
    String runCommand() {
        return "caravan run " + Words.shell(run.pipeline())
                + run.parameters().entrySet().stream()
                        .map(parameter -> " -p " + Words.shell(parameter.getKey() + "=" + parameter.getValue()))
                        .collect(Collectors.joining());
    }

    /** Says what to do about a run that has not completed; null if there is nothing to do. */
    String fix() {
        return switch (run.state()) {
            case FAILED -> "Correct the cause, then retry. caravan doctor checks settings, log-ins and permissions.";
            case CRASHED -> "Retry. Rows that it has committed are not loaded twice.";
            case CANCELLED -> "Retry it to continue.";
            case SKIPPED ->
                "Another run of the pipeline was in progress. The option onOverlap: queue lets it wait instead.";
            default -> null;
        };
    }
}
