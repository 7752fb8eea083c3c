package dev.caravan.run;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as users write them: a date, a time, or a period. */
public final class Times {

    private static final Pattern PERIOD = Pattern.compile("(\\d+)([mhd])");
    private static final Map<String, ChronoUnit> UNITS =
            Map.of("m", ChronoUnit.MINUTES, "h", ChronoUnit.HOURS, "d", ChronoUnit.DAYS);

    private Times() {}

    /**
     * Returns the time since when, which can be a period before now.
     *
     * @param option what the user has set, for the message
     * @throws UsageException if it is none
     */
    public static Instant since(String option, String text) {
        return time(option, text, -1);
    }

    /** Returns a time from when; a period counts from now into the future. */
    public static Instant from(String option, String text) {
        return time(option, text, 1);
    }

    private static Instant time(String option, String text, int direction) {
        try {
            if (PERIOD.matcher(text).matches()) {
                return Instant.now().plus(period(option, text).multipliedBy(direction));
            }
            return text.length() == 10
                    ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException | ArithmeticException e) {
            throw new UsageException(
                    "Invalid " + option + " " + text
                            + ": use a date (2026-01-31), a time (2026-01-31T06:00:00Z) or a period (24h)",
                    e);
        }
    }

    /** Returns a period such as {@code 24h}. */
    public static Duration period(String option, String text) {
        Matcher period = PERIOD.matcher(text);
        try {
            if (period.matches()) {
                return Duration.of(1, UNITS.get(period.group(2))).multipliedBy(Long.parseLong(period.group(1)));
            }
        } catch (ArithmeticException | NumberFormatException e) {
            // reported below
        }
        throw new UsageException("Invalid " + option + " " + text + ": use a period (90m, 24h, 7d)");
    }
}
