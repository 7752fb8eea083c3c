package dev.caravan.warehouse.snowflake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.Map;
import java.util.TreeMap;

/** Values of type VARIANT as results show them: over several lines, the keys in order. */
final class Variants {

    static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private Variants() {}

    static String pretty(String json) {
        try {
            StringBuilder text = new StringBuilder();
            write(MAPPER.readTree(json), "\n", text);
            return text.toString();
        } catch (JsonProcessingException e) {
            throw new Refusal(100069, "22P02", "Error parsing JSON: " + e.getOriginalMessage());
        }
    }

    private static void write(JsonNode node, String indent, StringBuilder text) {
        String inner = indent + "  ";
        if (node.isObject() && !node.isEmpty()) {
            Map<String, JsonNode> sorted = new TreeMap<>();
            node.properties().forEach(field -> sorted.put(field.getKey(), field.getValue()));
            String separator = "{";
            for (Map.Entry<String, JsonNode> field : sorted.entrySet()) {
                text.append(separator).append(inner);
                text.append(MAPPER.getNodeFactory().textNode(field.getKey())).append(": ");
                write(field.getValue(), inner, text);
                separator = ",";
            }
            text.append(indent).append('}');
        } else if (node instanceof ArrayNode array && !array.isEmpty()) {
            String separator = "[";
            for (JsonNode element : array) {
                text.append(separator).append(inner);
                write(element, inner, text);
                separator = ",";
            }
            text.append(indent).append(']');
        } else {
            text.append(node);
        }
    }
}
