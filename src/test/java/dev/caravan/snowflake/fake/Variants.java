package dev.caravan.snowflake.fake;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.Map;
import java.util.TreeMap;

/** VARIANT values: JSON with sorted keys. */
final class Variants {

    static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS, DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private Variants() {}

    /** Returns JSON as PARSE_JSON stores it: no white space, sorted keys; empty text is NULL. */
    static String canonical(String json) {
        return json == null || json.isBlank() ? null : write(json, 0);
    }

    /** Returns JSON as results show it. */
    static String write(String json, int indent) {
        try {
            StringBuilder text = new StringBuilder();
            write(MAPPER.readTree(json), "\n", indent, text);
            return text.toString();
        } catch (JsonProcessingException e) {
            throw new StatementError(100069, "22P02", "Error parsing JSON: " + e.getOriginalMessage());
        }
    }

    private static void write(JsonNode node, String margin, int indent, StringBuilder text) {
        String inner = margin + " ".repeat(indent);
        String newLine = indent == 0 ? "" : inner;
        if (node.isObject() && !node.isEmpty()) {
            Map<String, JsonNode> sorted = new TreeMap<>();
            node.properties().forEach(field -> sorted.put(field.getKey(), field.getValue()));
            String separator = "{";
            for (Map.Entry<String, JsonNode> field : sorted.entrySet()) {
                text.append(separator).append(newLine);
                text.append(MAPPER.getNodeFactory().textNode(field.getKey())).append(indent == 0 ? ":" : ": ");
                write(field.getValue(), inner, indent, text);
                separator = ",";
            }
            text.append(indent == 0 ? "" : margin).append('}');
        } else if (node instanceof ArrayNode array && !array.isEmpty()) {
            String separator = "[";
            for (JsonNode element : array) {
                text.append(separator).append(newLine);
                write(element, inner, indent, text);
                separator = ",";
            }
            text.append(indent == 0 ? "" : margin).append(']');
        } else if (node.isBigDecimal() && node.decimalValue().precision() > 38) {
            text.append(node.doubleValue());
        } else {
            text.append(node);
        }
    }
}
