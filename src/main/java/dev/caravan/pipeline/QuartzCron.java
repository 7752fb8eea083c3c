package dev.caravan.pipeline;

import java.text.ParseException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.Locale;
import java.util.Optional;
import java.util.TimeZone;
import java.util.regex.Pattern;
import org.quartz.CronExpression;

/** A Quartz expression of six or seven fields. Rejects what Quartz would silently ignore a part of. */
final class QuartzCron implements Cron {

    private static final String NUMBER = "(?:\\*|\\d+(?:-\\d+)?)?(?:/0*[1-9]\\d*)?";
    private static final String NAME = "[A-Z]{3}(?:-[A-Z]{3})?";
    private static final Pattern TIME = list(NUMBER);
    private static final Pattern DAY_OF_MONTH =
            Pattern.compile("\\?|" + list(NUMBER + "|L|LW|L-\\d+W?|\\d+W").pattern());
    private static final Pattern MONTH = list(NUMBER + "|" + NAME);
    private static final Pattern DAY_OF_WEEK = Pattern.compile(
            "\\?|(?:\\d|[A-Z]{3})(?:L|#[1-5])|" + list(NUMBER + "|L|" + NAME).pattern());
    private static final Pattern[] FIELDS = {TIME, TIME, TIME, DAY_OF_MONTH, MONTH, DAY_OF_WEEK, TIME};

    private final String text;
    private final CronExpression times;
    /** Whether the day of the month is a nearest weekday, such as {@code 15W}. */
    private final boolean nearest;

    /**
     * @throws IllegalArgumentException if it is invalid, or Quartz would ignore a part of it
     */
    QuartzCron(String text) {
        this.text = text;
        String[] fields = text.toUpperCase(Locale.ROOT).split(" ", -1);
        if (fields.length < 6 || fields.length > 7) {
            throw new IllegalArgumentException("it has " + fields.length + " fields");
        }
        for (int i = 0; i < fields.length; i++) {
            if (!FIELDS[i].matcher(fields[i]).matches()) {
                throw new IllegalArgumentException("'" + text.split(" ", -1)[i] + "' cannot be its field " + (i + 1));
            }
        }
        nearest = fields[3].contains("W");
        if (nearest && !(fields[0] + fields[1] + fields[2]).matches("\\d+")) {
            throw new IllegalArgumentException("a day with W takes a single time of the day");
        }
        if (fields[3].indexOf('W') != fields[3].lastIndexOf('W')) {
            throw new IllegalArgumentException("only one day can have a W");
        }
        try {
            times = new CronExpression(text);
        } catch (ParseException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        times.setTimeZone(TimeZone.getTimeZone(ZoneOffset.UTC));
    }

    private static Pattern list(String item) {
        String one = "(?!,|$)(?:" + item + ")";
        return Pattern.compile(one + "(?:," + one + ")*");
    }

    @Override
    public Optional<LocalDateTime> after(LocalDateTime time) {
        return Optional.ofNullable(firstAfter(seconds(time))).map(QuartzCron::time);
    }

    /** Quartz only searches forwards: steps back until it finds a slot, then bisects to the last one. */
    @Override
    public Optional<LocalDateTime> before(LocalDateTime time) {
        long end = seconds(time);
        for (long from = end, step = 60; from > 0; step *= 4) {
            from = Math.max(0, from - step);
            Long slot = firstAfter(from - 1);
            if (slot != null && slot < end) {
                return Optional.of(time(lastBefore(end, slot)));
            }
        }
        return Optional.empty();
    }

    private long lastBefore(long end, long slot) {
        long known = slot;
        long limit = end;
        while (limit - known > 1) {
            long middle = known + (limit - known) / 2;
            Long later = firstAfter(middle - 1);
            if (later != null && later < limit) {
                known = later;
            } else {
                limit = middle;
            }
        }
        return known;
    }

    /** With W, Quartz misses a slot on the moved day itself: the search begins with the month. */
    private Long firstAfter(long second) {
        Instant after = Instant.ofEpochSecond(second);
        Date slot = Date.from(after);
        if (nearest) {
            slot = Date.from(time(second + 1)
                    .toLocalDate()
                    .withDayOfMonth(1)
                    .atStartOfDay()
                    .toInstant(ZoneOffset.UTC)
                    .minusSeconds(1));
        }
        do {
            slot = times.getTimeAfter(slot);
        } while (slot != null && !slot.toInstant().isAfter(after));
        return slot == null ? null : (Long) slot.toInstant().getEpochSecond();
    }

    private static long seconds(LocalDateTime time) {
        return time.toEpochSecond(ZoneOffset.UTC);
    }

    private static LocalDateTime time(long second) {
        return LocalDateTime.ofInstant(Instant.ofEpochSecond(second), ZoneOffset.UTC);
    }

    @Override
    public boolean everyHour() {
        return text.split(" ", -1)[2].matches("\\*(/0*1)?");
    }

    @Override
    public String words() {
        return CronWords.quartz(text);
    }
}
