package dev.caravan.alerts;

import dev.caravan.run.Quota;
import dev.caravan.run.UsageException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How little may be left of a quota.
 *
 * @param number requests, or percent of the whole
 */
record QuotaLimit(double number, boolean percent) {

    private static final Pattern FORM = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)\\s*(%?)");

    static QuotaLimit of(String setting, String rule) {
        Matcher form = FORM.matcher(rule);
        if (!form.matches()) {
            throw new UsageException(
                    setting + " must be a percentage or a number of requests, such as 10% or 100, not " + rule);
        }
        return new QuotaLimit(Double.parseDouble(form.group(1)), !form.group(2).isEmpty());
    }

    /** Returns whether less is left. A percentage says nothing about a quota whose whole is unknown. */
    boolean isReached(Quota quota) {
        if (!percent) {
            return quota.remaining() < number;
        }
        return quota.total() != null && quota.remaining() < quota.total() * number / 100;
    }
}
