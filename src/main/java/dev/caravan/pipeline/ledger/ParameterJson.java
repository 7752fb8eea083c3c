package dev.caravan.pipeline.ledger;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.TreeMap;

/** A run's parameters as the ledger writes them: a JSON object of strings. */
final class ParameterJson {

    private static final ObjectMapper JSON = new ObjectMapper();

    private ParameterJson() {}

    static String write(Map<String, String> parameters) {
        try {
            return JSON.writeValueAsString(new TreeMap<>(parameters));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("The parameters cannot be written as JSON", e);
        }
    }

    static Map<String, String> read(String json) {
        if (json.equals("{}")) {
            return Map.of(); // most runs, and lists have many
        }
        try {
            return JSON.readValue(json, new TypeReference<TreeMap<String, String>>() {});
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("The ledger holds parameters that are no JSON object: " + json, e);
        }
    }
}
