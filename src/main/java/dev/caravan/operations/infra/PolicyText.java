package dev.caravan.operations.infra;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Compares IAM policy documents by content. */
final class PolicyText {

    private PolicyText() {}

    /** Returns whether a document has every statement of another one. The order of lists is ignored. */
    static boolean covers(JsonNode found, JsonNode expected) {
        return statements(found).containsAll(statements(expected));
    }

    private static Set<Object> statements(JsonNode document) {
        return each(document.path("Statement")).stream()
                .map(PolicyText::statement)
                .collect(Collectors.toSet());
    }

    /** Ignores the statement's id. */
    private static Object statement(JsonNode statement) {
        Map<String, Object> fields = fields(statement);
        fields.remove("Sid");
        return fields;
    }

    private static Map<String, Object> fields(JsonNode node) {
        Map<String, Object> fields = new TreeMap<>();
        node.properties()
                .forEach(field -> fields.put(
                        field.getKey(),
                        field.getValue().isObject() ? fields(field.getValue()) : values(field.getValue())));
        return fields;
    }

    /** Accepts a single value instead of a list. */
    private static Set<String> values(JsonNode node) {
        return each(node).stream().map(JsonNode::asText).collect(Collectors.toCollection(HashSet::new));
    }

    private static List<JsonNode> each(JsonNode node) {
        return node.isArray() ? StreamSupport.stream(node.spliterator(), false).toList() : List.of(node);
    }
}
