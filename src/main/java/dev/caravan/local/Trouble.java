package dev.caravan.local;

import dev.caravan.run.UsageException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.util.TimeUtils;

/**
 * Something that a stand-in does wrong on purpose, written as {@code KIND[:ARGUMENT][@PATH][*TIMES]}: as often as said,
 * or always, and for the requests whose path contains PATH, or for all.
 *
 * <ul>
 *   <li>{@code slow:100ms} answers after a while
 *   <li>{@code 429}, {@code 500} ... answers with that HTTP status; {@code 429:2} adds {@code Retry-After: 2}
 *   <li>{@code cut} closes the connection before the answer, {@code cut-body} in the middle of it
 *   <li>{@code truncated} answers half of the JSON, {@code html} a web page, {@code incomplete} JSON that lacks everything
 * </ul>
 */
final class Trouble {

    private static final Pattern FORM = Pattern.compile(
            "(?<kind>slow|cut|cut-body|truncated|html|incomplete|[1-5]\\d\\d)(:(?<argument>\\w+))?(@(?<path>[^*]+))?(\\*(?<times>\\d+))?");

    private final String kind;
    private final String argument;
    private final String path;
    private final AtomicInteger left;

    Trouble(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) {
            throw new UsageException(
                    "'" + text + "' is no trouble that the exchange-rate server can make: KIND[:ARGUMENT]"
                            + "[@PATH][*TIMES], where KIND is slow, cut, cut-body, truncated, html, incomplete or a status.");
        }
        kind = matcher.group("kind");
        argument = matcher.group("argument");
        path = matcher.group("path");
        left = new AtomicInteger(
                matcher.group("times") == null ? Integer.MAX_VALUE : Integer.parseInt(matcher.group("times")));
    }

    /** Whether this request meets the trouble, which is spent by that. */
    boolean strikes(String requested) {
        return (path == null || requested.contains(path)) && left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
    }

    String kind() {
        return kind;
    }

    /** How long a slow answer takes. */
    Duration delay() {
        return TimeUtils.toDuration(argument);
    }

    /** Seconds for the header Retry-After, or null. */
    String retryAfter() {
        return argument;
    }
}
