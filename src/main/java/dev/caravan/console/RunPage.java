package dev.caravan.console;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.caravan.pipeline.ledger.AttemptRecord;
import dev.caravan.pipeline.ledger.LogLine;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.StepRecord;
import dev.caravan.pipeline.ledger.Usual;
import dev.caravan.run.Load;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A run.
 *
 * @param usual what is usual for its pipeline, or null
 * @param waitsFor what it waits for, or null
 * @param loads what it has committed, in that order
 * @param search what of the log is shown
 * @param log its last lines, or those that match the search
 * @param logLines how many lines it has
 */
record RunPage(
        RunView run,
        String waitsFor,
        List<Attempt> attempts,
        List<LoadView> loads,
        Usual usual,
        @JsonIgnore Search search,
        @JsonIgnore List<LogLine> log,
        long logLines,
        boolean pipelineKnown,
        Instant now) {

    static final int TAIL = 200;

    /** The lines that a search shows. */
    static final int MOST_FOUND = 1_000;

    /** The loads that the page shows. */
    static final int MOST_LOADS = 100;

    /**
     * The search in the log, as in the address; empty fields do not restrict.
     *
     * @param text occurs in the message, in upper or lower case
     * @param level the lowest
     */
    record Search(String text, String level) {

        static final Search NONE = new Search("", "");

        boolean isEmpty() {
            return text.isEmpty() && level.isEmpty();
        }
    }

    /** A load, with the fields of {@code caravan runs show}. */
    record LoadView(
            String table,
            String mode,
            long read,
            long inserted,
            long updated,
            long deleted,
            long bytes,
            Instant committed,
            String cursor,
            List<String> changes,
            String load,
            String query) {

        static LoadView of(Load load) {
            return new LoadView(
                    load.table(),
                    load.mode(),
                    load.read(),
                    load.inserted(),
                    load.updated(),
                    load.deleted(),
                    load.bytes(),
                    load.committed(),
                    load.cursor(),
                    load.changes(),
                    load.id(),
                    load.query());
        }

        /** Returns what happened to the table's rows, such as {@code 3 inserted, 1 updated}. */
        String rows() {
            String rows = Stream.of(
                            inserted == 0 ? null : Words.number(inserted) + " inserted",
                            updated == 0 ? null : Words.number(updated) + " updated",
                            deleted == 0 ? null : Words.number(deleted) + " deleted")
                    .filter(Objects::nonNull)
                    .collect(Collectors.joining(", "));
            return rows.isEmpty() ? "none changed" : rows;
        }
    }

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

    static RunPage of(Data data, String id, Search search) {
        RunView run = data.run(id);
        Instant now = data.now();
        long lines = data.ledger().logs().last(id);
        List<AttemptRecord> attempts = data.ledger().history().attempts(id);
        return new RunPage(
                run,
                run.live() ? data.pipelines().waitsFor(id).orElse(null) : null,
                attempts.stream().map(attempt -> attempt(attempt, now)).toList(),
                attempts.stream()
                        .flatMap(attempt -> attempt.loads().stream())
                        .map(LoadView::of)
                        .toList(),
                data.usual(List.of(run.pipeline())).get(run.pipeline()),
                search,
                search.isEmpty()
                        ? data.ledger().logs().list(id, Math.max(0, lines - TAIL), TAIL)
                        : data.ledger()
                                .logSearch()
                                .ofRun(
                                        id,
                                        search.text().isEmpty() ? null : search.text(),
                                        LogsPage.Filter.lowest(search.level()),
                                        MOST_FOUND),
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
