package dev.caravan.run;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;

/** The header Retry-After of HTTP. */
public final class RetryAfter {

    /** Nobody waits longer, whatever the other side says. */
    private static final Duration LONGEST = Duration.ofDays(1);

    private RetryAfter() {}

    /**
     * How long the other side asks to be left alone, a day at most.
     *
     * @param text seconds, or an HTTP date, or null
     * @return null if it is neither
     */
    public static Duration parse(String text) {
        if (text == null) {
            return null;
        }
        String value = text.strip();
        if (value.matches("\\d+")) {
            return value.length() > 9 ? LONGEST : limit(Duration.ofSeconds(Long.parseLong(value)));
        }
        try {
            ZonedDateTime until = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME);
            return limit(Duration.between(Instant.now(), until.toInstant()));
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static Duration limit(Duration wait) {
        return wait.isNegative() ? Duration.ZERO : wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    }
}
