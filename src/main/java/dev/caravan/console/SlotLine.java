package dev.caravan.console;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** The slots of the next day on a line. */
record SlotLine(List<Tick> slots, List<Tick> hours) {

    private static final int WIDTH = 480;
    private static final int MARGIN = 14;
    private static final int HOURS_APART = 4;

    record Tick(int x, String title) {}

    static SlotLine of(List<HomePage.Slot> slots, Instant now) {
        List<Tick> hours = new ArrayList<>();
        Instant hour = now.truncatedTo(ChronoUnit.HOURS).plus(1, ChronoUnit.HOURS);
        for (int i = 0; i < 24; i++) {
            int ofDay = hour.atZone(ZoneOffset.UTC).getHour();
            if (ofDay % HOURS_APART == 0) {
                hours.add(new Tick(x(hour, now), String.format("%02d:00", ofDay)));
            }
            hour = hour.plus(1, ChronoUnit.HOURS);
        }
        return new SlotLine(
                slots.stream()
                        .map(slot -> new Tick(x(slot.time(), now), slot.pipeline() + ", " + Words.full(slot.time())))
                        .toList(),
                hours);
    }

    private static int x(Instant time, Instant now) {
        double share = Duration.between(now, time).toMillis()
                / (double) Duration.ofHours(24).toMillis();
        return MARGIN + (int) Math.round((WIDTH - 2 * MARGIN) * share);
    }
}
