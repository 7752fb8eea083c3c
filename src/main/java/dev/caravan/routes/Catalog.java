package dev.caravan.routes;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CatalogCamelContext;
import org.apache.camel.util.StringHelper;
import org.apache.camel.util.json.DeserializationException;
import org.apache.camel.util.json.JsonObject;
import org.apache.camel.util.json.Jsoner;

/** What Camel's catalog, which each component brings along, says of the options of endpoints and components. */
final class Catalog {

    private static final Set<String> OWN = Set.of("pipeline", "warehouse");

    private final CatalogCamelContext context;
    private final Map<String, Optional<Component>> components = new HashMap<>();

    Catalog(CatalogCamelContext context) {
        this.context = context;
    }

    /**
     * An option.
     *
     * @param type boolean, integer, number, duration, enum, string, object
     * @param choices the words that it can be, or none
     */
    record Option(String name, String type, List<String> choices, boolean secret) {}

    /**
     * A component.
     *
     * @param own whether it is one of Caravan's
     * @param open whether its endpoints take further options, as those of HTTP do for the query
     * @param options of an endpoint
     * @param prefixes of options that have any name: {@code param.}
     * @param settings of the component itself
     */
    record Component(
            boolean own,
            boolean open,
            Map<String, Option> options,
            List<String> prefixes,
            Map<String, Option> settings) {

        /** The option that is written so, in Camel's spelling or with dashes. */
        Optional<Option> option(String written) {
            Option exact = options.get(written);
            return Optional.ofNullable(exact != null ? exact : options.get(StringHelper.dashToCamelCase(written)));
        }

        boolean takes(String written) {
            return open || option(written).isPresent() || prefixes.stream().anyMatch(written::startsWith);
        }
    }

    /** A component by the scheme of its endpoints; empty if there is none, or nothing is known of it. */
    Optional<Component> component(String scheme) {
        return components.computeIfAbsent(scheme, this::read);
    }

    private Optional<Component> read(String scheme) {
        if (!scheme.matches("[\\w+.-]+")) {
            return Optional.empty();
        }
        try {
            String json = context.getComponentParameterJsonSchema(scheme);
            if (json == null) {
                return Optional.empty();
            }
            JsonObject schema = (JsonObject) Jsoner.deserialize(json);
            JsonObject component = schema.getMap("component");
            Map<String, Option> options = new LinkedHashMap<>();
            List<String> prefixes = new ArrayList<>();
            JsonObject properties = schema.getMap("properties");
            for (Map.Entry<String, Object> each : properties.entrySet()) {
                JsonObject property = (JsonObject) each.getValue();
                options.put(each.getKey(), option(each.getKey(), property));
                Object prefix = property.get("prefix");
                if (prefix != null) {
                    prefixes.add(prefix.toString());
                }
                Object optionalPrefix = property.get("optionalPrefix");
                if (optionalPrefix != null) {
                    options.put(optionalPrefix + each.getKey(), option(each.getKey(), property));
                }
            }
            Map<String, Option> settings = new LinkedHashMap<>();
            JsonObject componentProperties = schema.getMap("componentProperties");
            componentProperties.forEach((name, property) -> settings.put(name, option(name, (JsonObject) property)));
            boolean open = component.getBooleanOrDefault("lenientProperties", false)
                    || component.getBooleanOrDefault("api", false);
            return Optional.of(new Component(OWN.contains(scheme), open, options, prefixes, settings));
        } catch (IOException | DeserializationException e) {
            return Optional.empty();
        }
    }

    private static Option option(String name, JsonObject property) {
        Collection<?> choices = property.getCollectionOrDefault("enum", List.of());
        return new Option(
                name,
                property.getString("type"),
                choices.stream().map(String::valueOf).toList(),
                property.getBooleanOrDefault("secret", false));
    }
}
