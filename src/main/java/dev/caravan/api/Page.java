package dev.caravan.api;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hc.core5.http.HttpMessage;

/**
 * The answer to one request.
 *
 * @param rows its rows
 * @param around the values outside of the rows, by JSON pointer
 * @param nextLink the address in the header Link with rel=next, or null
 * @param announced another header that announces more than these rows, or null
 * @param version by which the API can tell whether the answer has changed, or null
 */
public record Page(
        List<Map<String, Object>> rows,
        Map<String, Object> around,
        String nextLink,
        String announced,
        Version version) {

    /**
     * The version of an answer.
     *
     * @param etag the header ETag
     * @param date when it was answered, or null
     */
    record Version(String etag, String date) {

        /** Returns the version of an answer, or null if it has none. */
        static Version of(HttpMessage response) {
            String etag = Answers.header(response, "ETag");
            return etag == null ? null : new Version(etag, Answers.header(response, "Date"));
        }
    }

    /** Returns a value that says something: not null, not empty, not false. */
    public Optional<Object> value(String pointer) {
        return Optional.ofNullable(around.get(pointer)).filter(value -> !value.equals("") && !value.equals(false));
    }

    /** Returns a page whose rows can be changed without changing these. */
    Page copy() {
        List<Map<String, Object>> copies =
                rows.stream().<Map<String, Object>>map(LinkedHashMap::new).toList();
        return new Page(copies, around, nextLink, announced, version);
    }
}
