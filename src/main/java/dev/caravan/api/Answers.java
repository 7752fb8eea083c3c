package dev.caravan.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.caravan.run.Quota;
import dev.caravan.run.RetryAfter;
import dev.caravan.run.Secrets;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpMessage;

/** What the answers of APIs say beside their rows: the sentence of an error, how long to wait, what is left of a quota. */
final class Answers {

    private static final int MAX_SENTENCE = 200;
    private static final List<String> SENTENCES = List.of(
            "/message",
            "/error/message",
            "/error_description",
            "/detail",
            "/errors/0/message",
            "/errors/0/detail",
            "/error/description",
            "/description",
            "/error",
            "/title",
            "/errors/0",
            "/msg");

    /** In X-RateLimit-Reset, a greater number is a time, and not a number of seconds to wait. */
    private static final long FIRST_TIME = 1_000_000_000L;

    private static final Pattern TOTAL = Pattern.compile("(?i)(X-)?(WP-)?(Pagination-)?Total(-Count)?");
    private static final Pattern PAGES = Pattern.compile("(?i)X-(WP-)?(Pagination-)?(Total-?Pages|Page-Count)");

    private Answers() {}

    static JsonNode json(String text) {
        try {
            JsonNode json = PageReader.JSON.readTree(text);
            return json == null ? MissingNode.getInstance() : json;
        } catch (IOException e) {
            return MissingNode.getInstance();
        }
    }

    /**
     * Returns what an error response says, shortened and without secrets; begins with a colon, or is empty.
     *
     * @param mask masks the secrets that were sent
     */
    static String sentence(String text, UnaryOperator<String> mask) {
        JsonNode json = json(text);
        String found = SENTENCES.stream()
                .map(json::at)
                .filter(JsonNode::isTextual)
                .map(JsonNode::asText)
                .filter(sentence -> !sentence.isBlank())
                .findFirst()
                .orElseGet(() -> text.replaceAll("(?s)<(script|style).*?</\\1>|<[^>]*>", " "));
        String sentence =
                Secrets.mask(mask.apply(found)).strip().replaceAll("\\s+", " ").replaceFirst("\\.$", "");
        if (sentence.length() > MAX_SENTENCE) {
            sentence = sentence.substring(0, MAX_SENTENCE) + "...";
        }
        return sentence.isEmpty() ? "" : ": " + sentence;
    }

    /** Returns how long the API wants to be left alone, or null if it does not say so. */
    static Duration retryAfter(HttpMessage response) {
        Duration asked = RetryAfter.parse(header(response, "Retry-After"));
        String reset = first(response, "X-RateLimit-Reset", "RateLimit-Reset", "X-Rate-Limit-Reset");
        if (asked != null || reset == null || !reset.matches("\\d{1,12}")) {
            return asked;
        }
        String left = remaining(response);
        if (left != null && !left.equals("0")) {
            return null; // it is not the quota that has failed the request
        }
        long number = Long.parseLong(reset);
        if (number < FIRST_TIME) {
            return RetryAfter.parse(reset);
        }
        // rounded up: a request within the same second would come too early
        Duration wait = Duration.between(Instant.now(), Instant.ofEpochSecond(number + 1));
        return RetryAfter.parse(String.valueOf(Math.max(0, wait.toSeconds() + 1)));
    }

    /** Returns what is left of the API's quota, or null if it does not say so. */
    static String remaining(HttpMessage response) {
        return first(response, "X-RateLimit-Remaining", "RateLimit-Remaining", "X-Rate-Limit-Remaining");
    }

    /** Returns the quota that an answer tells, or null if it does not. */
    static Quota quota(String api, HttpMessage response) {
        Long left = count(remaining(response));
        return left == null
                ? null
                : new Quota(
                        api,
                        left,
                        count(first(response, "X-RateLimit-Limit", "RateLimit-Limit", "X-Rate-Limit-Limit")));
    }

    /**
     * Returns the header that announces more than an answer has, or null if there is none.
     *
     * @param rows how many it has, or null if it is not a list of rows
     */
    static String more(HttpMessage response, Long rows) {
        for (Header header : response.getHeaders()) {
            String value = header.getValue().strip();
            if (announcesMore(header.getName(), value, rows)) {
                return header.getName() + ": " + value;
            }
        }
        return null;
    }

    private static boolean announcesMore(String name, String value, Long rows) {
        if (TOTAL.matcher(name).matches()) {
            return isGreater(value, rows);
        } else if (PAGES.matcher(name).matches()) {
            return isGreater(value, 1L);
        } else if (name.equalsIgnoreCase("X-Next-Page")) {
            return !value.isEmpty();
        }
        return name.equalsIgnoreCase("Content-Range")
                && !value.regionMatches(true, 0, "bytes", 0, 5)
                && isGreater(value.substring(value.lastIndexOf('/') + 1), rows);
    }

    private static boolean isGreater(String value, Long than) {
        Long count = count(value);
        return count != null && than != null && count > than;
    }

    private static Long count(String text) {
        return text == null || !text.matches("\\d{1,18}") ? null : Long.valueOf(text);
    }

    private static String first(HttpMessage response, String... names) {
        for (String name : names) {
            String value = header(response, name);
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    static String header(HttpMessage response, String name) {
        Header header = response.getFirstHeader(name);
        return header == null ? null : header.getValue().strip();
    }
}
