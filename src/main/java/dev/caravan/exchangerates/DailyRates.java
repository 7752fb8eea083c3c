package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.run.TransientException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rates of one day.
 *
 * @param date the day, in UTC: the requested one, or that of the timestamp for the latest rates
 * @param timestamp when the rates were published, in seconds since 1970
 * @param base the currency that they are relative to
 * @param rates code to rate
 */
record DailyRates(LocalDate date, long timestamp, String base, JsonNode rates) {

    /** The first day of the API. */
    static final LocalDate BEGINNING = LocalDate.of(1999, 1, 1);

    private static final Logger LOG = LoggerFactory.getLogger(DailyRates.class);
    /** The base of the API's responses, unless the request has named another one. */
    static final String DEFAULT_BASE = "USD";

    /**
     * Parses a response.
     *
     * @param requested the day that was requested, or null for the latest rates
     * @param expected the base currency that was requested
     * @throws TransientException if it is incomplete
     * @throws InvalidRatesException if its values are invalid
     */
    static DailyRates of(LocalDate requested, String expected, JsonNode response) {
        String resource = resource(requested);
        JsonNode timestamp = response.path("timestamp");
        JsonNode base = response.path("base");
        JsonNode rates = response.path("rates");
        if (!timestamp.canConvertToLong() || !base.isTextual() || !rates.isObject() || rates.isEmpty()) {
            throw new TransientException("The response of Open Exchange Rates to " + resource
                    + " lacks timestamp, base or rates; nothing was written.");
        }
        if (!base.textValue().equals(expected)) {
            throw new InvalidRatesException(resource, "rates relative to another currency than " + expected);
        }
        requireRates(resource, rates);
        return new DailyRates(day(requested, timestamp.longValue()), timestamp.longValue(), expected, rates);
    }

    /** Returns the requested day; the API dates a few past days slightly before or after their bounds. */
    private static LocalDate day(LocalDate requested, long timestamp) {
        String resource = resource(requested);
        LocalDate tomorrow = LocalDate.now(ZoneOffset.UTC).plusDays(1);
        if (timestamp < epochSecond(BEGINNING) || timestamp >= epochSecond(tomorrow.plusDays(1))) {
            throw new InvalidRatesException(
                    resource,
                    "the timestamp " + timestamp + ", which is not in seconds between " + BEGINNING + " and "
                            + tomorrow);
        }
        LocalDate date = LocalDate.ofInstant(Instant.ofEpochSecond(timestamp), ZoneOffset.UTC);
        if (requested == null) {
            return date;
        }
        if (requested.isBefore(date.minusDays(1)) || requested.isAfter(date.plusDays(1))) {
            throw new InvalidRatesException(resource, "rates of " + date);
        }
        if (!requested.equals(date)) {
            LOG.warn(
                    "Open Exchange Rates dates its rates of {} at {}: they are used as those of {}",
                    requested,
                    Instant.ofEpochSecond(timestamp),
                    requested);
        }
        return requested;
    }

    private static long epochSecond(LocalDate date) {
        return date.atStartOfDay().toEpochSecond(ZoneOffset.UTC);
    }

    private static void requireRates(String resource, JsonNode rates) {
        for (Map.Entry<String, JsonNode> rate : rates.properties()) {
            if (!Currencies.isCode(rate.getKey())) {
                throw new InvalidRatesException(
                        resource, "an invalid currency code: expected 3 to 20 capital letters, digits or underscores");
            }
            double value = rate.getValue().isNumber() ? rate.getValue().doubleValue() : Double.NaN;
            if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
                throw new InvalidRatesException(
                        resource, "a rate of " + rate.getKey() + " that is not a positive number");
            }
        }
    }

    private static String resource(LocalDate requested) {
        return requested == null ? "/latest.json" : "/historical/" + requested + ".json";
    }

    /** Returns one line of JSON, which is loaded as one row. */
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
}
