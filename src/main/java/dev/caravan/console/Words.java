package dev.caravan.console;

import dev.caravan.pipeline.ledger.Usual;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** How the pages write times, durations, numbers and addresses. All times are in UTC. */
final class Words {

    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("d MMM", Locale.ENGLISH);
    private static final DateTimeFormatter MONTH = DateTimeFormatter.ofPattern("MMMM yyyy", Locale.ENGLISH);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("d MMM, HH:mm", Locale.ENGLISH);
    private static final DateTimeFormatter FULL =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ENGLISH);
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ENGLISH);
    private static final DateTimeFormatter LINE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ENGLISH);
    private static final String[] SIZES = {"B", "kB", "MB", "GB", "TB"};
    private static final int KILO = 1000;

    private Words() {}

    /** Writes a duration, such as {@code 40 ms}, {@code 0.4 s}, {@code 12 s}, {@code 3 min 12 s}, {@code 2 h 5 min} or {@code 3 d 4 h}. */
    static String duration(Duration duration) {
        if (duration == null) {
            return "–";
        }
        long millis = Math.max(0, duration.toMillis());
        if (millis < 100) {
            return millis + " ms";
        }
        if (millis < 10_000) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
        }
        long seconds = Math.round(millis / 1000.0);
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3_600) {
            return two(seconds / 60, "min", seconds % 60, "s");
        }
        long minutes = seconds / 60;
        if (minutes < 1_440) {
            return two(minutes / 60, "h", minutes % 60, "min");
        }
        long hours = minutes / 60;
        return two(hours / 24, "d", hours % 24, "h");
    }

    private static String two(long first, String unit, long second, String smaller) {
        return first + " " + unit + (second == 0 ? "" : " " + second + " " + smaller);
    }

    /** Writes the distance of a time from now: {@code 5 min ago}, {@code in 2 h}, {@code now}. */
    static String distance(Instant time, Instant now) {
        if (time == null) {
            return "never";
        }
        Duration apart = Duration.between(time, now);
        if (apart.abs().compareTo(Duration.ofSeconds(1)) < 0) {
            return "now";
        }
        String words = rough(apart.abs());
        return apart.isNegative() ? "in " + words : words + " ago";
    }

    private static String rough(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3_600) {
            return seconds / 60 + " min";
        }
        if (seconds < 48 * 3_600) {
            return two(seconds / 3_600, "h", seconds < 6 * 3_600 ? seconds % 3_600 / 60 : 0, "min");
        }
        return seconds / 86_400 + " days";
    }

    /** Writes a time to the minute, with the year if it is another one. */
    static String time(Instant time) {
        if (time == null) {
            return "–";
        }
        ZonedDateTime local = time.atZone(ZoneOffset.UTC);
        boolean thisYear = local.getYear() == ZonedDateTime.now(ZoneOffset.UTC).getYear();
        return (thisYear ? TIME.format(local) : local.getYear() + " " + TIME.format(local));
    }

    /** Writes a time to the second, with its zone. */
    static String full(Instant time) {
        return time == null ? "–" : FULL.format(time.atZone(ZoneOffset.UTC));
    }

    /** Writes the time of day to the millisecond. */
    static String clock(Instant time) {
        return CLOCK.format(time.atZone(ZoneOffset.UTC));
    }

    /** Writes the time of a log line. */
    static String line(Instant time) {
        return LINE.format(time.atZone(ZoneOffset.UTC));
    }

    static String month(YearMonth month) {
        return MONTH.format(month);
    }

    static String day(LocalDate day) {
        return DAY.format(day);
    }

    static String number(long number) {
        return String.format(Locale.ENGLISH, "%,d", number);
    }

    /** Writes a number and its noun, whose plural ends with s. */
    static String count(long number, String noun) {
        return number(number) + " " + noun + (number == 1 ? "" : "s");
    }

    /** Writes a size in powers of 1000. */
    static String bytes(long bytes) {
        double size = bytes;
        int unit = 0;
        while (size >= KILO && unit < SIZES.length - 1) {
            size /= KILO;
            unit++;
        }
        return (unit == 0 || size >= 100
                        ? String.format(Locale.ENGLISH, "%.0f", size)
                        : String.format(Locale.ENGLISH, "%.1f", size))
                + " " + SIZES[unit];
    }

    /** Returns the usual duration; null if it is not known. */
    static Duration median(Usual usual) {
        return usual == null ? null : Duration.ofMillis(usual.millis().median());
    }

    /** Says how a number of rows compares: {@code usual}, {@code 40 % fewer than usual}. */
    static String comparedRows(Usual usual, long rows) {
        if (rows >= usual.rows().low() && rows <= usual.rows().high()) {
            return "usual";
        }
        long median = usual.rows().median();
        if (median == 0) {
            return "usually none";
        }
        long percent = Math.round(100.0 * (rows - median) / median);
        return percent < 0 ? -percent + " % fewer than usual" : percent + " % more than usual";
    }

    /** Encodes a name as a segment of a path. */
    static String path(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Quotes an argument for a POSIX shell, if it needs quotes. */
    static String shell(String argument) {
        return argument.matches("[A-Za-z0-9_./:=@%+-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }
}
