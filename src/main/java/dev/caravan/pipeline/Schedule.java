package dev.caravan.pipeline;

import com.cronutils.descriptor.CronDescriptor;
import com.cronutils.model.Cron;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.field.CronFieldName;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import dev.caravan.run.UsageException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.Locale;
import java.util.Optional;

/**
 * When a pipeline runs: a cron in a time zone. Five fields are read as crontab does, six or seven as Quartz does. Slots
 * are computed from the cron alone.
 */
final class Schedule {

    private final String cron;
    private final ZoneId zone;
    private final Cron parsed;
    private final boolean quartz;
    private final ExecutionTime times;

    private Schedule(String cron, ZoneId zone, Cron parsed) {
        this.cron = cron;
        this.zone = zone;
        this.parsed = parsed;
        this.quartz = parsed.getCronDefinition().containsFieldDefinition(CronFieldName.SECOND);
        this.times = ExecutionTime.forCron(parsed);
    }

    /**
     * Reads a cron.
     *
     * @throws UsageException if it is none
     */
    static Schedule of(String pipeline, String cron, ZoneId zone) {
        String trimmed = cron.strip().replaceAll("\\s+", " ");
        CronType type = trimmed.split(" ").length == 5 ? CronType.UNIX : CronType.QUARTZ;
        try {
            Schedule schedule = new Schedule(trimmed, zone, parse(trimmed, type));
            schedule.refuseNever();
            return schedule;
        } catch (IllegalArgumentException e) {
            throw new UsageException(
                    "Pipeline " + pipeline + " has the cron '" + cron + "', which is none: "
                            + e.getMessage().replaceFirst("[.!]+$", "")
                            + ". Write five fields as in crontab (minute hour day-of-month month day-of-week,"
                            + " '0 6 * * *' is 06:00 every day) or Quartz's six or seven, seconds first",
                    e);
        }
    }

    private static Cron parse(String cron, CronType type) {
        return new CronParser(CronDefinitionBuilder.instanceDefinitionFor(type))
                .parse(cron)
                .validate();
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
        return cron;
    }

    ZoneId zone() {
        return zone;
    }

    /** The schedule in English. */
    String words() {
        String text = describe(parsed);
        if (eitherDay()) {
            String midnight = "at 00:00";
            String weekday = describe(parse("0 0 * * " + field(CronFieldName.DAY_OF_WEEK), CronType.UNIX))
                    .substring(midnight.length());
            text = text.replace(weekday, " or" + weekday);
        }
        return text;
    }

    /** The library's words, where they are no English. */
    private static String describe(Cron cron) {
        return CronDescriptor.instance(Locale.ENGLISH)
                .describe(cron)
                .replaceAll("\\bat (" + list("[A-Z]\\w+day") + ") days?\\b", "on $1")
                .replaceAll("\\bat day (" + list("[A-Z]\\w+day") + ")", "on $1")
                .replaceAll("\\bat (" + list("\\d+") + ") days?\\b", "on day $1 of the month")
                .replaceAll("\\bevery day between (\\d+) and (\\d+)\\b", "on day $1 to $2 of the month")
                .replaceAll(
                        "\\bat (" + list("\\d+") + ") minutes? at (" + list("\\d+") + ") hours?\\b",
                        "at minute $1 of hour $2")
                .replaceAll("\\bat (" + list("[A-Z]\\w+") + ") months?\\b", "in $1")
                .replaceAll("\\bat (" + list("\\d+") + ") years?\\b", "in $1");
    }

    private static String list(String item) {
        return item + "(?:(?:, | and )" + item + ")*";
    }

    /** Whether a day of the month or a day of the week will do, as in crontab. */
    private boolean eitherDay() {
        return !quartz
                && !field(CronFieldName.DAY_OF_MONTH).equals("*")
                && !field(CronFieldName.DAY_OF_WEEK).equals("*");
    }

    private String field(CronFieldName name) {
        return parsed.retrieve(name).getExpression().asString();
    }

    private void refuseNever() {
        ZonedDateTime now = ZonedDateTime.now(zone);
        if (times.nextExecution(now).isEmpty() && times.lastExecution(now).isEmpty()) {
            throw new IllegalArgumentException("there is no such day");
        }
    }

    /** The first slot after an instant; empty if there is none any more. */
    Optional<Instant> next(Instant after) {
        // fractions of a second would find their way into the slots
        Instant second = after.truncatedTo(ChronoUnit.SECONDS);
        return everyHour() ? times.nextExecution(second.atZone(zone)).map(Instant::from) : nextOnTheWallClock(second);
    }

    /** The last slot at or before an instant; empty if there was none yet. */
    Optional<Instant> last(Instant before) {
        Instant second = before.truncatedTo(ChronoUnit.SECONDS);
        return everyHour()
                ? times.lastExecution(second.plusSeconds(1).atZone(zone)).map(Instant::from)
                : lastOnTheWallClock(second);
    }

    /** Such a schedule knows no time of the day: it goes on as if the clocks had not been changed. */
    private boolean everyHour() {
        return field(CronFieldName.HOUR).equals("*");
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
        return times.nextExecution(time.atZone(ZoneOffset.UTC))
                .map(ZonedDateTime::toLocalDateTime)
                .orElse(null);
    }

    private LocalDateTime timeBefore(LocalDateTime time) {
        return times.lastExecution(time.atZone(ZoneOffset.UTC))
                .map(ZonedDateTime::toLocalDateTime)
                .orElse(null);
    }

    /** A time that the clocks skip is as much later; of one that they repeat it is the first. */
    private Instant instant(LocalDateTime time) {
        return time.atZone(zone).toInstant();
    }

    private boolean isSkipped(LocalDateTime time) {
        return zone.getRules().getValidOffsets(time).isEmpty();
    }
}
