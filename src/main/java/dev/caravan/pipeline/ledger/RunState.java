package dev.caravan.pipeline.ledger;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.caravan.run.UsageException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The state of a run. The ledger and the command line write the names in lower case. */
public enum RunState {
    /** Waiting for its turn. */
    SCHEDULED,
    RUNNING,
    /** An attempt failed; the next one follows after a delay. */
    RETRYING,
    COMPLETED,
    FAILED,
    /** Its process exited unexpectedly, or sent no heartbeat within its lease. */
    CRASHED,
    CANCELLED,
    /** Never ran, because another run of the pipeline was in progress. */
    SKIPPED,
    /** A slot that was not run: the error says why. */
    MISSED;

    /** Returns whether the run has not ended. */
    public boolean live() {
        return this == SCHEDULED || this == RUNNING || this == RETRYING;
    }

    @Override
    @JsonValue
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Returns the state that a user has named, in any case.
     *
     * @throws UsageException if there is none
     */
    public static RunState parse(String name) {
        return Arrays.stream(values())
                .filter(state -> state.name().equalsIgnoreCase(name.strip()))
                .findFirst()
                .orElseThrow(() -> new UsageException("Unknown state " + name + ". Use one of " + List.of(values())));
    }

    /** Returns the state of a name, in any case. */
    public static RunState of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
