package dev.caravan.operations.cost;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * The time that the warehouse is on. The first run that needs it resumes it; it suspends itself after an idle time; a run
 * that begins before that shares the time. Each resume is billed for at least a minute.
 *
 * @param billed the billed time
 * @param resumes the number of resumes
 */
record WarehouseTime(Duration billed, int resumes) {

    private static final Duration MINIMUM = Duration.ofSeconds(60);

    /** A time in which a run needs the warehouse. */
    record Use(Instant from, Instant until) {}

    static WarehouseTime of(List<Use> uses, Duration autoSuspend) {
        Duration billed = Duration.ZERO;
        int resumes = 0;
        Instant on = null;
        Instant off = null;
        for (Use use : uses.stream().sorted(Comparator.comparing(Use::from)).toList()) {
            if (on != null && use.from().isAfter(off)) {
                billed = billed.plus(bill(on, off));
                on = null;
            }
            Instant end = use.until().plus(autoSuspend);
            if (on == null) {
                on = use.from();
                off = end;
                resumes++;
            } else if (end.isAfter(off)) {
                off = end;
            }
        }
        return new WarehouseTime(on == null ? billed : billed.plus(bill(on, off)), resumes);
    }

    private static Duration bill(Instant on, Instant off) {
        Duration time = Duration.between(on, off);
        return time.compareTo(MINIMUM) < 0 ? MINIMUM : time;
    }
}
