package dev.caravan.routes;

import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.util.StringHelper;
import org.apache.camel.util.URISupport;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * An endpoint in a YAML file: its address, and its options in the URI or under {@code parameters}.
 *
 * @param address without options
 * @param step from, to, toD and the like
 * @param parameters the mapping under {@code parameters}, or null
 */
record YamlEndpoint(
        String address, String step, int line, List<YamlOption> options, MappingNode parameters, boolean isTemplate) {

    static YamlEndpoint of(String step, Node uri, Node parameters, boolean isTemplate) {
        String text = Yaml.text(uri);
        List<YamlOption> options = new ArrayList<>(inUri(text, Yaml.line(uri)));
        for (NodeTuple field : Yaml.fields(parameters)) {
            String value = Yaml.text(field.getValueNode());
            boolean none = value != null
                    && value.isEmpty()
                    && field.getValueNode().getTag().equals(Tag.NULL);
            options.add(
                    new YamlOption(Yaml.text(field.getKeyNode()), none ? null : value, Yaml.line(field.getKeyNode())));
        }
        return new YamlEndpoint(
                StringHelper.before(text, "?", text),
                step,
                Yaml.line(uri),
                options,
                parameters instanceof MappingNode mapping ? mapping : null,
                isTemplate);
    }

    private static List<YamlOption> inUri(String uri, int line) {
        String query = StringHelper.after(uri, "?");
        if (query == null || query.contains("{{")) {
            return List.of(); // a placeholder may contain options
        }
        try {
            Map<String, Object> options = URISupport.parseQuery(query);
            return options.entrySet().stream()
                    .filter(option -> option.getValue() instanceof String)
                    .map(option -> new YamlOption(option.getKey(), (String) option.getValue(), line))
                    .toList();
        } catch (URISyntaxException e) {
            return List.of(); // Camel reports it
        }
    }

    /** Returns the scheme, unless the address begins with a placeholder. */
    String scheme() {
        return StringHelper.before(address, ":", address);
    }
}
