package dev.caravan.pipeline;

import com.cronutils.descriptor.CronDescriptor;
import com.cronutils.model.Cron;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
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
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * When a pipeline runs: a cron in a time zone. Five fields are read as crontab does, six or seven as Quartz does. Slots
 * are computed from the cron alone.
 */
final class Schedule {

    private final String cron;
    private final ZoneId zone;
    private final Cron parsed;
    private final ExecutionTime times;

    private Schedule(String cron, ZoneId zone, Cron parsed) {
        this.cron = cron;
        this.zone = zone;
        this.parsed = parsed;
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
            Cron parsed = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(type)).parse(trimmed);
            Schedule schedule = new Schedule(trimmed, zone, parsed.validate());
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
        return CronDescriptor.instance(Locale.ENGLISH).describe(parsed).replaceAll("\\bat (\\w+day) day\\b", "on $1");
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
        return Stream.concat(times.nextExecution(second.atZone(zone)).stream(), skippedByTheClocks(second).stream())
                .map(Instant::from)
                .min(Comparator.naturalOrder());
    }

    /** The last slot at or before an instant; empty if there was none yet. */
    Optional<Instant> last(Instant before) {
        Instant second = before.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1);
        Optional<Instant> last = times.lastExecution(second.atZone(zone)).map(Instant::from);
        // a time that the clocks skip is a slot too: it is found from the slot before it
        return last.flatMap(this::next)
                .filter(skipped -> skipped.isBefore(second))
                .or(() -> last);
    }

    /** The next time on the wall clock, if the clocks are put forward over it: then it is as much later. */
    private Optional<ZonedDateTime> skippedByTheClocks(Instant after) {
        return times.nextExecution(LocalDateTime.ofInstant(after, zone).atZone(ZoneOffset.UTC))
                .map(ZonedDateTime::toLocalDateTime)
                .filter(time -> zone.getRules().getValidOffsets(time).isEmpty())
                .map(time -> time.atZone(zone));
    }
}
