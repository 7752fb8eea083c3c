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

/** The options of endpoints and components in Camel's catalog, which each component brings along. */
final class Catalog {

    private static final Set<String> OWN = Set.of("pipeline", "warehouse", "api", "hubspot");

    private final CatalogCamelContext context;
    private final Map<String, Optional<Component>> components = new HashMap<>();

    Catalog(CatalogCamelContext context) {
        this.context = context;
    }

    /**
     * An option.
     *
     * @param type boolean, integer, number, duration, enum, string, object
     * @param choices the values of an enum, or empty
     */
    record Option(String name, String type, List<String> choices, boolean secret) {}

    /**
     * A component.
     *
     * @param own whether it is a component of Caravan
     * @param open whether its endpoints accept unknown options, as HTTP does for the query
     * @param options of its endpoints
     * @param prefixes of options with arbitrary names: {@code param.}
     * @param settings of the component itself
     */
    record Component(
            boolean own,
            boolean open,
            Map<String, Option> options,
            List<String> prefixes,
            Map<String, Option> settings) {

        /** Returns the option with this name, in Camel's spelling or with dashes. */
        Optional<Option> option(String written) {
            Option exact = options.get(written);
            return Optional.ofNullable(exact != null ? exact : options.get(StringHelper.dashToCamelCase(written)));
        }

        boolean accepts(String written) {
            return open || option(written).isPresent() || prefixes.stream().anyMatch(written::startsWith);
        }
    }

    /** Returns a component by its scheme; empty if it is unknown or not in the catalog. */
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
