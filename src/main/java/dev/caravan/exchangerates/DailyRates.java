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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rates of one day.
 *
 * @param date the day, in UTC: the one that was asked for, or that of the timestamp for the latest rates
 * @param timestamp when the rates were published, in seconds since 1970
 * @param base the currency that they are relative to
 * @param rates code to rate
 */
record DailyRates(LocalDate date, long timestamp, String base, JsonNode rates) {

    /** The API has nothing older. */
    static final LocalDate BEGINNING = LocalDate.of(1999, 1, 1);

    private static final Logger LOG = LoggerFactory.getLogger(DailyRates.class);
    private static final Pattern HISTORICAL = Pattern.compile("/historical/(\\d{4}-\\d{2}-\\d{2})\\.json.*");
    private static final Pattern BASE = Pattern.compile("[?&]base=([^&]*)");
    private static final String USUAL_BASE = "USD";

    /**
     * Reads the answer for a resource.
     *
     * @throws TransientException if it lacks something
     * @throws InvalidRatesException if it says what cannot be so
     */
    static DailyRates of(String resource, JsonNode answer) {
        JsonNode timestamp = answer.path("timestamp");
        JsonNode base = answer.path("base");
        JsonNode rates = answer.path("rates");
        if (!timestamp.canConvertToLong() || !base.isTextual() || !rates.isObject() || rates.isEmpty()) {
            throw new TransientException("Open Exchange Rates answered " + resource
                    + " without timestamp, base or rates; nothing was written.");
        }
        Matcher asked = BASE.matcher(resource);
        String wanted = asked.find() ? asked.group(1) : USUAL_BASE;
        if (!base.textValue().equals(wanted)) {
            throw new InvalidRatesException(resource, "rates relative to another currency than " + wanted);
        }
        requireRates(resource, rates);
        return new DailyRates(day(resource, timestamp.longValue()), timestamp.longValue(), wanted, rates);
    }

    /** The day asked for; the API dates a few days of its past a little before or after their ends. */
    private static LocalDate day(String resource, long timestamp) {
        LocalDate tomorrow = LocalDate.now(ZoneOffset.UTC).plusDays(1);
        if (timestamp < epochSecond(BEGINNING) || timestamp >= epochSecond(tomorrow.plusDays(1))) {
            throw new InvalidRatesException(
                    resource,
                    "the timestamp " + timestamp + ", which is not in seconds between " + BEGINNING + " and "
                            + tomorrow);
        }
        LocalDate date = LocalDate.ofInstant(Instant.ofEpochSecond(timestamp), ZoneOffset.UTC);
        Matcher historical = HISTORICAL.matcher(resource);
        if (!historical.matches()) {
            return date;
        }
        LocalDate asked = LocalDate.parse(historical.group(1));
        if (asked.isBefore(date.minusDays(1)) || asked.isAfter(date.plusDays(1))) {
            throw new InvalidRatesException(resource, "rates of " + date);
        }
        if (!asked.equals(date)) {
            LOG.warn(
                    "Open Exchange Rates dates its rates of {} at {}: they are taken for those of {}",
                    asked,
                    Instant.ofEpochSecond(timestamp),
                    asked);
        }
        return asked;
    }

    private static long epochSecond(LocalDate date) {
        return date.atStartOfDay().toEpochSecond(ZoneOffset.UTC);
    }

    private static void requireRates(String resource, JsonNode rates) {
        for (Map.Entry<String, JsonNode> rate : rates.properties()) {
            if (!Currencies.isCode(rate.getKey())) {
                throw new InvalidRatesException(resource, "a rate whose currency has no code of 3 to 20 capitals");
            }
            double value = rate.getValue().isNumber() ? rate.getValue().doubleValue() : Double.NaN;
            if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
                throw new InvalidRatesException(resource, "a rate of " + rate.getKey() + " that is no positive number");
            }
        }
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
}
