package dev.caravan.pipeline;

import dev.caravan.run.UsageException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A cron expression in a time zone: five fields as in crontab, six or seven as in Quartz. Slots depend on the expression
 * alone.
 */
final class Schedule {

    private final String text;
    private final ZoneId zone;
    private final Cron cron;

    /** Many pipelines share a schedule, and to parse one takes longer than all else about a pipeline's declaration. */
    private static final Map<Declaration, Schedule> PARSED = new ConcurrentHashMap<>();

    private record Declaration(String cron, ZoneId zone) {}

    private Schedule(String text, ZoneId zone, Cron cron) {
        this.text = text;
        this.zone = zone;
        this.cron = cron;
    }

    /**
     * Parses a cron expression.
     *
     * @throws UsageException if it is invalid
     */
    static Schedule of(String pipeline, String cron, ZoneId zone) {
        String text = cron.strip().replaceAll("\\s+", " ");
        try {
            return PARSED.computeIfAbsent(new Declaration(text, zone), Schedule::parse);
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

    private static Schedule parse(Declaration declared) {
        String text = declared.cron();
        Schedule schedule = new Schedule(
                text, declared.zone(), text.split(" ", -1).length == 5 ? new Crontab(text) : new QuartzCron(text));
        schedule.refuseNever();
        return schedule;
    }

    /**
     * Parses a time zone.
     *
     * @throws UsageException if it is unknown
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

    /** Returns the schedule in English, or the expression itself if it is not a common one. */
    String words() {
        return cron.words();
    }

    private void refuseNever() {
        LocalDateTime now = LocalDateTime.now(zone);
        if (cron.after(now).isEmpty() && cron.before(now).isEmpty()) {
            throw new IllegalArgumentException("it never matches a date");
        }
    }

    /** Returns the first slot after an instant; empty if the schedule has ended. */
    Optional<Instant> next(Instant after) {
        // slots are whole seconds
        Instant second = after.truncatedTo(ChronoUnit.SECONDS);
        return cron.everyHour() ? nextOfEveryHour(second) : nextOnTheWallClock(second);
    }

    /** Returns the last slot at or before an instant; empty if the first one is later. */
    Optional<Instant> last(Instant before) {
        Instant second = before.truncatedTo(ChronoUnit.SECONDS);
        return cron.everyHour() ? lastOfEveryHour(second) : lastOnTheWallClock(second);
    }

    /** An hourly schedule ignores clock changes: it continues with every elapsed hour. */
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
            // a skipped time can still be ahead
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
        // when clocks change, an earlier local time can be a later instant
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

    /** Converts a local time: one in the skipped hour moves later by that hour; of a repeated one the first counts. */
    private Instant instant(LocalDateTime time) {
        return time.atZone(zone).toInstant();
    }

    private boolean isSkipped(LocalDateTime time) {
        return zone.getRules().getValidOffsets(time).isEmpty();
    }
}
