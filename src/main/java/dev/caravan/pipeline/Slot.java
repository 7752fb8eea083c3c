package dev.caravan.pipeline;

import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.Locale;

/**
 * A slot of a pipeline that has not run.
 *
 * @param reason why it was missed, or what will be done about it; null if it is simply to come
 * @param run the id under which it was recorded as missed, for a retry; or null
 */
public record Slot(Instant time, String pipeline, State state, String reason, String run) {

    /** Whether a slot is to come. */
    public enum State {
        /** It was not run, and will not be by itself. */
        MISSED,
        /** It is due, and no process has taken it yet. */
        OVERDUE,
        /** It is to come. */
        UPCOMING;

        @Override
        @JsonValue
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
