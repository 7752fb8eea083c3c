package dev.caravan.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The answer to one request.
 *
 * @param rows its rows
 * @param around the values outside of the rows, by JSON pointer
 * @param nextLink the address in the header Link with rel=next, or null
 */
public record Page(List<Map<String, Object>> rows, Map<String, Object> around, String nextLink) {

    /** Returns a value that says something: not null, not empty, not false. */
    public Optional<Object> value(String pointer) {
        return Optional.ofNullable(around.get(pointer)).filter(value -> !value.equals("") && !value.equals(false));
    }
}
