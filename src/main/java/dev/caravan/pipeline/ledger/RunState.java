package dev.caravan.pipeline.ledger;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** Where a run stands. The ledger and the command line write the names in lower case. */
public enum RunState {
    /** Known, and waiting for its turn. */
    SCHEDULED,
    RUNNING,
    /** An attempt failed; the next one follows after a pause. */
    RETRYING,
    COMPLETED,
    FAILED,
    /** Its process exited unexpectedly, or sent no heartbeat within its lease. */
    CRASHED,
    CANCELLED,
    /** Never ran, because another run of the pipeline was under way. */
    SKIPPED;

    /** Whether the run is still under way. */
    public boolean live() {
        return this == SCHEDULED || this == RUNNING || this == RETRYING;
    }

    @Override
    @JsonValue
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The state of this name, in any case. */
    public static RunState of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
