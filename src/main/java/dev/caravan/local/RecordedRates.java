package dev.caravan.local;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.LocalDate;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * Real exchange rates of some days, to the US dollar. The resource beside this class holds them as lines of JSON: first
 * the names of the currencies, then one line for each day. docs/local.md names their source.
 */
final class RecordedRates {

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private final JsonNode currencies;
    private final NavigableMap<LocalDate, JsonNode> days = new TreeMap<>();

    private RecordedRates() {
        ObjectReader reader = JSON.readerFor(JsonNode.class).with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
        try (InputStream resource = RecordedRates.class.getResourceAsStream("exchange-rates.ndjson.gz");
                MappingIterator<JsonNode> lines = reader.readValues(new GZIPInputStream(resource))) {
            currencies = lines.nextValue();
            while (lines.hasNextValue()) {
                JsonNode day = lines.nextValue();
                days.put(LocalDate.parse(day.required("date").textValue()), day.required("rates"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the recorded rates, read on first use. */
    static RecordedRates get() {
        return Lazy.RATES;
    }

    /** Code to name. */
    JsonNode currencies() {
        return currencies;
    }

    /** The newest day. */
    LocalDate latest() {
        return days.lastKey();
    }

    /** Code to rate, or null if the day was not recorded. */
    JsonNode on(LocalDate date) {
        return days.get(date);
    }

    private static final class Lazy {

        static final RecordedRates RATES = new RecordedRates();
    }
}
