package dev.caravan.routes;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * A route template or a templated route in a YAML file.
 *
 * @param id of the template
 * @param parameters with the template's default values, or the route's values
 * @param routeId of a templated route, or null
 * @param line from 1
 * @param endpoints of the template; empty for a templated route
 * @param required the parameters without a default that are not declared optional
 */
record YamlTemplate(
        String id,
        String routeId,
        int line,
        List<YamlOption> parameters,
        List<String> required,
        List<YamlEndpoint> endpoints) {

    /** Returns whether this creates the route with this id and these parameters, including defaults. */
    boolean makes(String id, Map<String, Object> values) {
        return routeId != null
                ? routeId.equals(id)
                : parameters.stream().allMatch(parameter -> String.valueOf(values.get(parameter.name()))
                        .equals(parameter.value()));
    }

    /** Returns a parameter by name, or null. */
    YamlOption parameter(String name) {
        return parameters.stream()
                .filter(parameter -> parameter.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** Replaces the parameters in a text of this template with those of a templated route. */
    String fill(String text, YamlTemplate route) {
        String filled = text;
        for (YamlOption parameter : parameters) {
            YamlOption given = route.parameter(parameter.name());
            String value = given == null ? parameter.value() : given.value();
            if (value != null) {
                filled = filled.replace("{{" + parameter.name() + "}}", value)
                        .replace("{{?" + parameter.name() + "}}", value);
            }
        }
        return filled;
    }

    List<String> names() {
        return parameters.stream().map(YamlOption::name).toList();
    }

    static YamlTemplate of(Node node, String idField, String valueField, List<YamlEndpoint> endpoints) {
        Node id = Yaml.value(node, idField).orElse(null);
        List<YamlOption> parameters = new ArrayList<>();
        List<String> required = new ArrayList<>();
        for (Node parameter : Yaml.value(node, "parameters").map(Yaml::items).orElse(List.of())) {
            Node name = Yaml.value(parameter, "name").orElse(null);
            Node value = Yaml.value(parameter, valueField).orElse(null);
            if (name != null && Yaml.text(name) != null) {
                String text = value == null ? null : Yaml.text(value);
                parameters.add(new YamlOption(Yaml.text(name), text, Yaml.line(value == null ? name : value)));
                boolean optional = "false"
                        .equals(Yaml.value(parameter, "required")
                                .map(Yaml::text)
                                .orElse("true"));
                if (text == null && !optional) {
                    required.add(Yaml.text(name));
                }
            }
        }
        return new YamlTemplate(
                id == null ? null : Yaml.text(id),
                Yaml.value(node, "routeId").map(Yaml::text).orElse(null),
                id == null ? Yaml.line(node) : Yaml.line(id),
                parameters,
                required,
                endpoints);
    }
}
