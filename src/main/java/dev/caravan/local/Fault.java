package dev.caravan.local;

import dev.caravan.run.UsageException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.util.TimeUtils;

/**
 * A fault to inject into the exchange-rate server, written as {@code KIND[:ARGUMENT][@PATH][*TIMES]}: TIMES times
 * (default: always), for requests whose path contains PATH (default: all).
 *
 * <ul>
 *   <li>{@code slow:100ms} delays the response
 *   <li>{@code 429}, {@code 500} ... responds with that HTTP status; {@code 429:2} adds {@code Retry-After: 2}
 *   <li>{@code cut} closes the connection before the response, {@code cut-body} in the middle of it
 *   <li>{@code truncated} sends half of the JSON, {@code html} a web page, {@code incomplete} JSON without the data
 * </ul>
 */
final class Fault {

    private static final Pattern FORM = Pattern.compile(
            "(?<kind>slow|cut|cut-body|truncated|html|incomplete|[1-5]\\d\\d)(:(?<argument>\\w+))?(@(?<path>[^*]+))?(\\*(?<times>\\d+))?");

    private final String kind;
    private final String argument;
    private final String path;
    private final AtomicInteger left;

    Fault(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches()) {
            throw new UsageException("Invalid fault '" + text + "': expected KIND[:ARGUMENT][@PATH][*TIMES],"
                    + " where KIND is slow, cut, cut-body, truncated, html, incomplete or an HTTP status.");
        }
        kind = matcher.group("kind");
        argument = matcher.group("argument");
        path = matcher.group("path");
        left = new AtomicInteger(
                matcher.group("times") == null ? Integer.MAX_VALUE : Integer.parseInt(matcher.group("times")));
    }

    /** Whether the fault applies to this request; each application uses up one of its TIMES. */
    boolean appliesTo(String requested) {
        return (path == null || requested.contains(path)) && left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
    }

    String kind() {
        return kind;
    }

    /** The delay of a slow response. */
    Duration delay() {
        return TimeUtils.toDuration(argument);
    }

    /** Seconds for the header Retry-After, or null. */
    String retryAfter() {
        return argument;
    }
}
