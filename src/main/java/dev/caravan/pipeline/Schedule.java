package dev.caravan.pipeline;

import dev.caravan.run.UsageException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.Optional;

/**
 * When a pipeline runs: a cron in a time zone. Five fields are read as crontab does, six or seven as Quartz does. Slots
 * are computed from the cron alone.
 */
final class Schedule {

    private final String text;
    private final ZoneId zone;
    private final Cron cron;

    private Schedule(String text, ZoneId zone, Cron cron) {
        this.text = text;
        this.zone = zone;
        this.cron = cron;
    }

    /**
     * Reads a cron.
     *
     * @throws UsageException if it is invalid
     */
    static Schedule of(String pipeline, String cron, ZoneId zone) {
        String text = cron.strip().replaceAll("\\s+", " ");
        try {
            Schedule schedule = new Schedule(
                    text, zone, text.split(" ", -1).length == 5 ? new Crontab(text) : new QuartzCron(text));
            schedule.refuseNever();
            return schedule;
        } catch (IllegalArgumentException e) {
            throw new UsageException(
                    "Pipeline " + pipeline + " has an invalid cron '" + cron + "': "
                            + e.getMessage().replaceFirst("[.!]+$", "")
                            + ". Write five fields as in crontab (minute hour day-of-month month day-of-week,"
                            + " '0 6 * * *' is 06:00 every day) or Quartz's six or seven, seconds first, with ? for one"
                            + " of the two days",
                    e);
        }
    }

    /**
     * Reads a time zone.
     *
     * @throws UsageException if it is none
     */
    static ZoneId zone(String pipeline, String zone) {
        try {
            return ZoneId.of(zone);
        } catch (DateTimeException e) {
            throw new UsageException(
                    "Pipeline " + pipeline + " has the timeZone '" + zone
                            + "', which is unknown. Write a name such as UTC or Europe/Berlin",
                    e);
        }
    }

    String cron() {
        return text;
    }

    ZoneId zone() {
        return zone;
    }

    /** The schedule in English, or the cron itself where that says it better. */
    String words() {
        return cron.words();
    }

    private void refuseNever() {
        LocalDateTime now = LocalDateTime.now(zone);
        if (cron.after(now).isEmpty() && cron.before(now).isEmpty()) {
            throw new IllegalArgumentException("there is no such day");
        }
    }

    /** The first slot after an instant; empty if there is none any more. */
    Optional<Instant> next(Instant after) {
        // fractions of a second would find their way into the slots
        Instant second = after.truncatedTo(ChronoUnit.SECONDS);
        return cron.everyHour() ? nextOfEveryHour(second) : nextOnTheWallClock(second);
    }

    /** The last slot at or before an instant; empty if there was none yet. */
    Optional<Instant> last(Instant before) {
        Instant second = before.truncatedTo(ChronoUnit.SECONDS);
        return cron.everyHour() ? lastOfEveryHour(second) : lastOnTheWallClock(second);
    }

    /** Such a schedule knows no time of the day: it goes on, whatever is done to the clocks. */
    private Optional<Instant> nextOfEveryHour(Instant after) {
        ZoneOffset offset = zone.getRules().getOffset(after);
        LocalDateTime from = LocalDateTime.ofInstant(after, offset);
        ZoneOffsetTransition change = zone.getRules().nextTransition(after);
        while (true) {
            ZoneOffset current = offset;
            Optional<Instant> slot = cron.after(from).map(time -> time.toInstant(current));
            if (change == null || (slot.isPresent() && slot.get().isBefore(change.getInstant()))) {
                return slot;
            }
            offset = change.getOffsetAfter();
            from = change.getDateTimeAfter().minusSeconds(1);
            change = zone.getRules().nextTransition(change.getInstant());
        }
    }

    private Optional<Instant> lastOfEveryHour(Instant before) {
        ZoneOffset offset = zone.getRules().getOffset(before);
        LocalDateTime until = LocalDateTime.ofInstant(before.plusSeconds(1), offset);
        ZoneOffsetTransition change = zone.getRules().previousTransition(before.plusSeconds(1));
        while (true) {
            ZoneOffset current = offset;
            Optional<Instant> slot = cron.before(until).map(time -> time.toInstant(current));
            if (change == null || (slot.isPresent() && !slot.get().isBefore(change.getInstant()))) {
                return slot;
            }
            offset = change.getOffsetBefore();
            until = change.getDateTimeBefore();
            change = zone.getRules().previousTransition(change.getInstant());
        }
    }

    private Optional<Instant> nextOnTheWallClock(Instant after) {
        LocalDateTime from = LocalDateTime.ofInstant(after, zone);
        ZoneOffsetTransition change = zone.getRules().previousTransition(after.plusSeconds(1));
        if (change != null
                && change.isGap()
                && from.isBefore(change.getDateTimeAfter().plus(change.getDuration()))) {
            // what was skipped may be still to come
            from = change.getDateTimeBefore().minusSeconds(1);
        }
        Instant first = null;
        for (LocalDateTime time = timeAfter(from); time != null; time = timeAfter(time)) {
            Instant slot = instant(time);
            if (slot.isAfter(after) && (first == null || slot.isBefore(first))) {
                first = slot;
            }
            if (first != null && !isSkipped(time)) {
                break;
            }
        }
        return Optional.ofNullable(first);
    }

    private Optional<Instant> lastOnTheWallClock(Instant before) {
        LocalDateTime time = timeBefore(LocalDateTime.ofInstant(before, zone).plusSeconds(1));
        while (time != null && instant(time).isAfter(before)) {
            time = timeBefore(time);
        }
        if (time == null) {
            return Optional.empty();
        }
        // where clocks are changed, an earlier time may be a later instant
        Instant last = instant(time);
        for (Optional<Instant> next = next(last);
                next.isPresent() && !next.get().isAfter(before);
                next = next(last)) {
            last = next.get();
        }
        return Optional.of(last);
    }

    private LocalDateTime timeAfter(LocalDateTime time) {
        return cron.after(time).orElse(null);
    }

    private LocalDateTime timeBefore(LocalDateTime time) {
        return cron.before(time).orElse(null);
    }

    /** A time that the clocks skip is as much later; of one that they repeat it is the first. */
    private Instant instant(LocalDateTime time) {
        return time.atZone(zone).toInstant();
    }

    private boolean isSkipped(LocalDateTime time) {
        return zone.getRules().getValidOffsets(time).isEmpty();
    }
}
