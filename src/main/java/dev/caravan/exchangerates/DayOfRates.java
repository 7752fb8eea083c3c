package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.run.TransientException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * The rates of one day.
 *
 * @param date the day, in UTC
 * @param timestamp when the rates were published, in seconds since 1970
 * @param base the currency that they are relative to
 * @param rates code to rate
 */
record DayOfRates(LocalDate date, long timestamp, String base, JsonNode rates) {

    /**
     * Reads the answer for a resource.
     *
     * @throws TransientException if it lacks something, or is about another day than {@code /historical/} asked for
     */
    static DayOfRates of(String resource, JsonNode answer) {
        JsonNode timestamp = answer.path("timestamp");
        JsonNode base = answer.path("base");
        JsonNode rates = answer.path("rates");
        if (!timestamp.canConvertToLong() || !base.isTextual() || !isRates(rates)) {
            throw new TransientException("Open Exchange Rates answered " + resource
                    + " without timestamp, base or rates; nothing was written.");
        }
        LocalDate date = LocalDate.ofInstant(Instant.ofEpochSecond(timestamp.longValue()), ZoneOffset.UTC);
        if (resource.startsWith("/historical/") && !resource.equals(resource(date))) {
            throw new TransientException(
                    "Open Exchange Rates answered " + resource + " with rates of " + date + "; nothing was written.");
        }
        return new DayOfRates(date, timestamp.longValue(), base.textValue(), rates);
    }

    /** What to ask the API for. */
    static String resource(LocalDate date) {
        return "/historical/" + date + ".json";
    }

    /** One line of JSON, which is one row of the warehouse. */
    byte[] toJson() {
        return JsonNodeFactory.instance
                .objectNode()
                .put("date", date.toString())
                .put("timestamp", timestamp)
                .put("base", base)
                .<ObjectNode>set("rates", rates)
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }

    private static boolean isRates(JsonNode rates) {
        if (!rates.isObject() || rates.isEmpty()) {
            return false;
        }
        for (JsonNode rate : rates) {
            if (!rate.isNumber()) {
                return false;
            }
        }
        return true;
    }
}
