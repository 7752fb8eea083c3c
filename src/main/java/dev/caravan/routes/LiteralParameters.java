package dev.caravan.routes;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.dsl.yaml.YamlRoutesBuilderLoader;
import org.apache.camel.dsl.yaml.common.YamlDeserializationContext;
import org.apache.camel.spi.Resource;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * Camel's YAML loader, except that the values under {@code parameters} reach the endpoint as they are written. Camel copies
 * them into a URI unescaped, where a plus becomes a space, and removes dashes from names; this loader escapes both.
 */
final class LiteralParameters extends YamlRoutesBuilderLoader {

    /** Characters with a meaning in a URI; a leading # refers to a bean. */
    private static final Pattern SPECIAL = Pattern.compile("[+%&]|(?<!^)#");
    /** A placeholder or an expression, whose value may contain such characters. */
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{|\\$\\{");

    private final Catalog catalog;
    private final Predicate<Resource> hasBeans;

    /**
     * @param catalog shared by all files, as reading a component's options takes longer than reading a file
     * @param hasBeans whether a file has beans, for which Camel parses it once more before anything else
     */
    LiteralParameters(Catalog catalog, Predicate<Resource> hasBeans) {
        this.catalog = catalog;
        this.hasBeans = hasBeans;
    }

    @Override
    public void preParseRoute(Resource file) throws Exception {
        if (hasBeans.test(file)) {
            super.preParseRoute(file);
        }
    }

    @Override
    protected RouteBuilder builder(YamlDeserializationContext context, Node root) {
        quote(root, "");
        return super.builder(context, root);
    }

    private void quote(Node node, String step) {
        Yaml.items(node).forEach(item -> quote(item, step));
        Node uri = Yaml.value(node, "uri").orElse(null);
        for (NodeTuple field : Yaml.fields(node)) {
            String key = Yaml.key(field);
            if (uri != null && Yaml.text(uri) != null && key.equals("parameters")) {
                if (field.getValueNode() instanceof MappingNode parameters) {
                    quote(parameters, YamlEndpoint.of(step, uri, parameters, false));
                }
            } else if (!key.equals("beans")) {
                quote(field.getValueNode(), key);
            }
        }
    }

    private void quote(MappingNode parameters, YamlEndpoint endpoint) {
        Catalog.Component component = catalog.component(endpoint.scheme()).orElse(null);
        List<NodeTuple> literal = new ArrayList<>();
        for (NodeTuple field : parameters.getValue()) {
            String name = Yaml.text(field.getKeyNode());
            String value = Yaml.text(field.getValueNode());
            Catalog.Option option =
                    component == null ? null : component.option(name).orElse(null);
            boolean renamed = component != null && option == null;
            boolean quoted = value != null
                    && component != null
                    && (option == null || !option.secret()) // Camel quotes secrets itself
                    && (SPECIAL.matcher(value).find()
                            || (option == null && PLACEHOLDER.matcher(value).find()))
                    && !value.startsWith("RAW");
            literal.add(new NodeTuple(
                    renamed ? scalar(field.getKeyNode(), name.replace("-", "%2D")) : field.getKeyNode(),
                    quoted ? scalar(field.getValueNode(), "RAW(" + value + ")") : field.getValueNode()));
        }
        parameters.setValue(literal);
    }

    private static ScalarNode scalar(Node node, String text) {
        return new ScalarNode(
                node.getTag(), true, text, ScalarStyle.DOUBLE_QUOTED, node.getStartMark(), node.getEndMark());
    }
}
