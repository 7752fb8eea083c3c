package dev.caravan.pipeline;

import dev.caravan.pipeline.ledger.RunRecord;
import dev.caravan.pipeline.ledger.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.EventObject;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.CamelEvent;

/**
 * The Camel event of a run, for an EventNotifier: it has begun, one of its attempts has failed, or it is over. Notifiers are
 * called one event after the other, on a thread that no run waits for. The end of a run is told by one process, even if the
 * run's own has crashed.
 */
public final class RunEvent extends EventObject implements CamelEvent {

    private static final long serialVersionUID = 1L;

    /** What has happened. */
    public enum Kind {
        /** The run's first attempt has begun, or the first one after it was retried or taken over. */
        BEGUN,
        /** An attempt has failed; another may follow. */
        ATTEMPT_FAILED,
        /** The run is over; its state is final unless somebody retries it. */
        FINISHED
    }

    private final Kind kind;
    private final String pipeline;
    private final String run;
    private final Instant slot;
    private final int attempt;
    private final RunState state;
    private final long rows;
    private final long bytes;
    private final Duration duration;
    private final String error;
    private long timestamp;

    private RunEvent(
            CamelContext context,
            Kind kind,
            String pipeline,
            String run,
            Instant slot,
            int attempt,
            RunState state,
            long rows,
            long bytes,
            Duration duration,
            String error) {
        super(context);
        this.kind = kind;
        this.pipeline = pipeline;
        this.run = run;
        this.slot = slot;
        this.attempt = attempt;
        this.state = state;
        this.rows = rows;
        this.bytes = bytes;
        this.duration = duration;
        this.error = error;
        this.timestamp = System.currentTimeMillis();
    }

    static RunEvent begun(RunContext run, Attempt attempt) {
        return of(run, attempt, Kind.BEGUN, null);
    }

    static RunEvent attemptFailed(RunContext run, Attempt attempt, String error) {
        return of(run, attempt, Kind.ATTEMPT_FAILED, error);
    }

    private static RunEvent of(RunContext run, Attempt attempt, Kind kind, String error) {
        return new RunEvent(
                run.pipeline().getEndpoint().getCamelContext(),
                kind,
                run.name(),
                attempt.id(),
                run.slot(),
                attempt.attempt(),
                RunState.RUNNING,
                0,
                0,
                null,
                error);
    }

    static RunEvent finished(CamelContext context, RunRecord run) {
        return new RunEvent(
                context,
                Kind.FINISHED,
                run.pipeline(),
                run.id(),
                run.slot(),
                run.attempts(),
                run.state(),
                run.rows(),
                run.bytes(),
                run.duration().orElse(null),
                run.error());
    }

    /** Returns what has happened. */
    public Kind kind() {
        return kind;
    }

    /** Returns the name of the pipeline. */
    public String pipeline() {
        return pipeline;
    }

    /** Returns the id of the run. */
    public String run() {
        return run;
    }

    /** Returns the slot that the run is for; empty if it is for none. */
    public Optional<Instant> slot() {
        return Optional.ofNullable(slot);
    }

    /** Returns the number of the attempt, of the last one if the run is over; 0 if there was none. */
    public int attempt() {
        return attempt;
    }

    /** Returns the state of the run. */
    public RunState state() {
        return state;
    }

    /** Returns the rows of all attempts, once the run is over. */
    public long rows() {
        return rows;
    }

    /** Returns the bytes of all attempts, once the run is over. */
    public long bytes() {
        return bytes;
    }

    /** Returns how long the run has taken, once it is over; empty if no attempt was made. */
    public Optional<Duration> duration() {
        return Optional.ofNullable(duration);
    }

    /** Returns what went wrong, without secrets. */
    public Optional<String> error() {
        return Optional.ofNullable(error);
    }

    @Override
    public Type getType() {
        return Type.Custom;
    }

    @Override
    public long getTimestamp() {
        return timestamp;
    }

    @Override
    public void setTimestamp(long timestamp) {
        this.timestamp = timestamp;
    }

    @Override
    public String toString() {
        return switch (kind) {
            case BEGUN -> "Run " + run + " of " + pipeline + " has begun";
            case ATTEMPT_FAILED -> "Run " + run + " of " + pipeline + ": attempt " + attempt + " failed: " + error;
            case FINISHED -> "Run " + run + " of " + pipeline + " " + state + (error == null ? "" : ": " + error);
        };
    }
}
