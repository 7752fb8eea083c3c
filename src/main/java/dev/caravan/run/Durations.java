package dev.caravan.run;

import java.time.Duration;
import org.apache.camel.util.TimeUtils;

/** Times in settings. */
public final class Durations {

    private Durations() {}

    /**
     * A time that is longer than nothing.
     *
     * @param setting what it is for, for the message
     * @param text such as {@code 10m}
     * @throws UsageException if it is something else
     */
    public static Duration positive(String setting, String text) {
        try {
            long millis = TimeUtils.toMilliSeconds(text);
            if (millis > 0 && !text.matches("\\d+")) { // a number alone would be milliseconds
                return Duration.ofMillis(millis);
            }
        } catch (RuntimeException e) {
            // reported below
        }
        throw new UsageException(setting + " must be a duration such as 10m, not '" + text + "'");
    }
}
