package dev.caravan.pipeline;

import java.time.LocalDateTime;
import java.util.Optional;

/** A cron expression on a clock without a time zone, to the second. */
interface Cron {

    /** Returns the first time after another. */
    Optional<LocalDateTime> after(LocalDateTime time);

    /** Returns the last time before another. */
    Optional<LocalDateTime> before(LocalDateTime time);

    /** Returns whether the expression matches in every hour. */
    boolean everyHour();

    /** Returns the expression in English if it is a common one, otherwise as written. */
    String words();
}
