package dev.caravan.pipeline.ledger;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What started a run. The ledger and the command line write the names in lower case. */
public enum Trigger {
    /** A slot of the pipeline's cron. */
    SCHEDULE,
    /** A person, by the command line or another control. */
    MANUAL,
    /** Another route. */
    ROUTE,
    /** A person, who sent a run that had ended on its way again. */
    RETRY;

    @Override
    @JsonValue
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Trigger of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
