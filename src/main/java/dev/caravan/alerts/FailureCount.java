package dev.caravan.alerts;

import dev.caravan.run.Durations;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * So many failures within a time.
 *
 * @param text the window as written
 */
record FailureCount(int count, Duration window, String text) {

    private static final Pattern FORM = Pattern.compile("(\\d{1,6}) in (\\S+)");

    static FailureCount of(String setting, String rule) {
        Matcher form = FORM.matcher(rule);
        if (!form.matches()) {
            throw new UsageException(setting + " must be a number in a time, such as 3 in 24h, not " + rule);
        }
        return new FailureCount(
                Integer.parseInt(form.group(1)), Durations.positive(setting, form.group(2)), form.group(2));
    }
}
