package dev.caravan.pipeline;

import java.time.LocalDateTime;
import java.util.Optional;

/** The times of a cron on a clock that is never changed, to the second. */
interface Cron {

    /** The first time after another. */
    Optional<LocalDateTime> after(LocalDateTime time);

    /** The last time before another. */
    Optional<LocalDateTime> before(LocalDateTime time);

    /** Whether every hour will do, so that there is no time of the day. */
    boolean everyHour();

    /** In English where that is right and short, else as written. */
    String words();
}
