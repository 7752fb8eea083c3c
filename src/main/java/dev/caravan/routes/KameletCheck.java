package dev.caravan.routes;

import dev.caravan.run.Suggestion;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;

/** Checks calls of Kamelets against their definitions: names, types and choices, which Camel does not check. */
final class KameletCheck {

    /** Options of the component itself. */
    private static final Set<String> OWN = Set.of("location", "loggerId", "bridgeErrorHandler", "lazyStartProducer");

    private final Kamelets kamelets;
    private final OptionCheck options;
    private final Map<String, Optional<Definition>> definitions = new HashMap<>();

    KameletCheck(Kamelets kamelets, OptionCheck options) {
        this.kamelets = kamelets;
        this.options = options;
    }

    /** The properties of a Kamelet by name, and those without a default that must be set. */
    private record Definition(Map<String, Catalog.Option> properties, List<String> required) {}

    /**
     * Checks an endpoint, if it calls a Kamelet that declares its properties.
     *
     * @throws RouteMistake if a property is missing, unknown or has an invalid value
     */
    void check(String file, YamlEndpoint endpoint) {
        String name = Kamelets.called(endpoint.address()).orElse(null);
        if (name == null || endpoint.address().contains("{{")) {
            return;
        }
        definitions.computeIfAbsent(name, this::read).ifPresent(definition -> check(file, endpoint, name, definition));
    }

    private void check(String file, YamlEndpoint endpoint, String name, Definition definition) {
        for (YamlOption option : endpoint.options()) {
            Catalog.Option property = definition.properties().get(option.name());
            if (property == null && !OWN.contains(option.name())) {
                throw new RouteMistake(
                        file,
                        option.line(),
                        "Kamelet " + name + " has no property " + option.name()
                                + Suggestion.didYouMean(
                                        option.name(), definition.properties().keySet()));
            }
            if (property != null && option.value() != null) {
                options.mistake(property, option, endpoint).ifPresent(mistake -> {
                    throw new RouteMistake(file, option.line(), mistake);
                });
            }
        }
        if (endpoint.options().isEmpty()) {
            return; // a placeholder may contain options; Camel checks the required ones
        }
        for (String required : definition.required()) {
            if (endpoint.options().stream().noneMatch(option -> option.name().equals(required))) {
                throw new RouteMistake(file, endpoint.line(), "Kamelet " + name + " requires the property " + required);
            }
        }
    }

    /** Reads a definition; empty if there is none, or if it declares no properties. */
    private Optional<Definition> read(String name) {
        try {
            return kamelets.file(name)
                    .map(file -> new Compose(LoadSettings.builder().build())
                            .composeString(RouteFile.text(name, file))
                            .orElse(null))
                    .flatMap(root -> Yaml.value(root, "spec"))
                    .flatMap(spec -> Yaml.value(spec, "definition"))
                    .flatMap(KameletCheck::definition);
        } catch (RuntimeException e) {
            return Optional.empty(); // CallCheck reports it
        }
    }

    private static Optional<Definition> definition(Node node) {
        return Yaml.value(node, "properties").map(properties -> {
            Map<String, Catalog.Option> options = new LinkedHashMap<>();
            Set<String> defaults = new HashSet<>();
            for (NodeTuple field : Yaml.fields(properties)) {
                String name = Yaml.text(field.getKeyNode());
                options.put(name, option(name, field.getValueNode()));
                Yaml.value(field.getValueNode(), "default").ifPresent(value -> defaults.add(name));
            }
            List<String> required = texts(Yaml.value(node, "required"));
            return new Definition(
                    options,
                    required.stream().filter(name -> !defaults.contains(name)).toList());
        });
    }

    private static Catalog.Option option(String name, Node property) {
        List<String> choices = texts(Yaml.value(property, "enum"));
        String type = Yaml.value(property, "type").map(Yaml::text).orElse("string");
        return new Catalog.Option(name, choices.isEmpty() ? type : "enum", choices, false);
    }

    private static List<String> texts(Optional<Node> list) {
        return list.map(Yaml::items).orElse(List.of()).stream().map(Yaml::text).toList();
    }
}
