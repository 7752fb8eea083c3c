package dev.caravan.routes;

import java.util.List;
import java.util.Optional;
import org.apache.camel.util.StringHelper;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Reading YAML's nodes, which know their lines. */
final class Yaml {

    private Yaml() {}

    /** The line of a node, from 1 on. */
    static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    }

    /** The text of a scalar; null if it is something else. */
    static String text(Node node) {
        return node instanceof ScalarNode scalar ? scalar.getValue() : null;
    }

    /** The key of a field as Camel takes it: route-template and routeTemplate are the same. */
    static String key(NodeTuple field) {
        String key = text(field.getKeyNode());
        return key == null ? "" : StringHelper.dashToCamelCase(key);
    }

    /** The fields of a mapping; none of another node. */
    static List<NodeTuple> fields(Node node) {
        return node instanceof MappingNode mapping ? mapping.getValue() : List.of();
    }

    /** The items of a list; none of another node. */
    static List<Node> items(Node node) {
        return node instanceof SequenceNode list ? list.getValue() : List.of();
    }

    /** The value of a field. */
    static Optional<Node> value(Node node, String key) {
        return fields(node).stream()
                .filter(field -> key(field).equals(key))
                .map(NodeTuple::getValueNode)
                .findFirst();
    }
}
