package dev.caravan.console;

import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.pipeline.ledger.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * A run, with the fields of {@code caravan runs show}.
 *
 * @param duration until now, if it has not ended
 */
record RunView(
        String run,
        String pipeline,
        RunState state,
        int attempts,
        long rows,
        long bytes,
        Duration duration,
        Trigger trigger,
        Instant started,
        Instant slot,
        Map<String, String> parameters,
        String node,
        Instant created,
        Instant finished,
        String error) {

    static RunView of(RunRecord run, Instant now) {
        return new RunView(
                run.id(),
                run.pipeline(),
                run.state(),
                run.attempts(),
                run.rows(),
                run.bytes(),
                between(run.started(), run.finished() == null ? now : run.finished()),
                run.trigger(),
                run.started(),
                run.slot(),
                run.parameters(),
                run.node(),
                run.created(),
                run.finished(),
                run.error());
    }

    /** Returns the time between two instants of clocks that can differ a little; null if one is unknown. */
    static Duration between(Instant from, Instant to) {
        return from == null || to == null ? null : to.isBefore(from) ? Duration.ZERO : Duration.between(from, to);
    }

    boolean live() {
        return state.live();
    }

    boolean needsAttention() {
        return needsAttention(state);
    }

    static boolean needsAttention(RunState state) {
        return state == RunState.FAILED || state == RunState.CRASHED;
    }

    boolean canRetry() {
        return needsAttention() || state == RunState.CANCELLED;
    }

    /** Returns the first line of the error; null if there is none. */
    String firstError() {
        return error == null ? null : error.lines().findFirst().orElse("");
    }

    /** Describes the run in a line, for a tooltip. */
    String summary() {
        return Words.full(started == null ? created : started) + ": " + state
                + (duration == null ? "" : ", " + Words.duration(duration))
                + ", " + Words.count(rows, "row")
                + (error == null ? "" : ". " + firstError());
    }
}
