package dev.caravan.exchangerates;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.caravan.run.TransientException;
import java.util.Iterator;
import java.util.Map;
import org.apache.camel.Exchange;

/** A JSON object that {@code api:} has read as one row, by {@code records=/}. */
final class Document {

    // rates keep all their digits
    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private Document() {}

    /**
     * Returns the object that is the body of a message.
     *
     * @throws TransientException if there is none, or more than one
     */
    static JsonNode of(Exchange exchange) {
        if (exchange.getMessage().getBody() instanceof Iterator<?> rows
                && rows.hasNext()
                && rows.next() instanceof Map<?, ?> fields
                && !rows.hasNext()) {
            return of(fields);
        }
        throw new TransientException("Open Exchange Rates did not answer with a JSON object; nothing was written.");
    }

    /** Returns the object that was read as a row. */
    static JsonNode of(Map<?, ?> fields) {
        ObjectNode document = JSON.createObjectNode();
        fields.forEach((name, value) ->
                document.set(String.valueOf(name), value instanceof JsonNode node ? node : JSON.valueToTree(value)));
        if (document.path("error").asBoolean()) { // with a status of success
            throw ErrorResponse.of("a request", 200, document, null);
        }
        return document;
    }
}
