package dev.caravan.api;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.caravan.run.Secrets;
import dev.caravan.run.UsageException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.hc.core5.http.NameValuePair;
import org.apache.hc.core5.net.URIBuilder;

/**
 * A request for a page.
 *
 * @param method GET or POST
 * @param uri the whole address
 * @param headers those of the route
 * @param body JSON, or null
 */
public record Request(String method, URI uri, Map<String, String> headers, JsonNode body) {

    /** Returns what may be secret in this request: its headers, and what is named as a secret in its query and body. */
    List<String> secrets() {
        List<String> secrets = new ArrayList<>();
        headers.values().forEach(value -> secrets.addAll(Credentials.parts(value)));
        new URIBuilder(uri)
                .getQueryParams().stream()
                        .filter(parameter -> isSecret(parameter.getName()))
                        .map(NameValuePair::getValue)
                        .filter(Objects::nonNull)
                        .forEach(secrets::add);
        if (body != null) {
            addSecrets(body, false, secrets);
        }
        return secrets;
    }

    private static boolean isSecret(String name) {
        String last = name.substring(name.lastIndexOf('/') + 1);
        return Secrets.isSecretName(last) || last.matches("(?i)key|auth|sig");
    }

    private static void addSecrets(JsonNode node, boolean secret, List<String> secrets) {
        if (node.isObject()) {
            node.properties().forEach(field -> addSecrets(field.getValue(), isSecret(field.getKey()), secrets));
        } else if (node.isArray()) {
            node.forEach(element -> addSecrets(element, secret, secrets));
        } else if (secret && (node.isTextual() || node.isNumber())) {
            secrets.add(node.asText());
        }
    }

    /** Returns this request for another address. */
    Request to(URI other) {
        return new Request(method, other, headers, body);
    }

    /** Returns this request for an answer that is newer than a known one. */
    Request unless(Page.Version known) {
        Map<String, String> conditions = new LinkedHashMap<>(headers);
        conditions.put("If-None-Match", known.etag());
        if (known.date() != null) {
            conditions.put("If-Modified-Since", known.date());
        }
        return new Request(method, uri, conditions, body);
    }

    /**
     * Returns this request with a parameter.
     *
     * @param name of a parameter of the query, or a JSON pointer in the body if it begins with a slash
     * @param value text or a number
     */
    public Request with(String name, Object value) {
        if (!name.startsWith("/")) {
            try {
                return to(
                        new URIBuilder(uri).setParameter(name, value.toString()).build());
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
        }
        JsonNode changed = body == null ? PageReader.JSON.createObjectNode() : body.deepCopy();
        if (!(changed instanceof ObjectNode object)) {
            throw new UsageException("the body must be a JSON object to have " + name);
        }
        JsonPointer pointer = JsonPointer.compile(name);
        JsonNode node = value instanceof Number ? PageReader.JSON.valueToTree(value) : new TextNode(value.toString());
        JsonNode parent = pointer.length() == 1 ? object : object.withObject(pointer.head());
        ((ObjectNode) parent).set(pointer.last().getMatchingProperty(), node);
        return new Request(method, uri, headers, object);
    }
}
