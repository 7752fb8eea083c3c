package dev.caravan.run;

import java.time.LocalDate;
import java.util.Locale;

/**
 * What a run knows of a day of data that is loaded day by day.
 *
 * @param dataset names the data, whichever pipelines load them
 * @param reason why it is not there, or null
 */
public record Day(String dataset, LocalDate day, State state, String reason) {

    /** Whether the data of a day are there. */
    public enum State {
        PRESENT,
        /** The source has none. */
        NOT_AVAILABLE,
        /** The source has some that could not be loaded. */
        FAILED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
