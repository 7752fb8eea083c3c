package dev.caravan.routes;

import java.util.List;
import java.util.Optional;
import org.apache.camel.util.StringHelper;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Helpers for YAML nodes. */
final class Yaml {

    private Yaml() {}

    /** Returns the line of a node, from 1. */
    static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    }

    /** Returns the text of a scalar, otherwise null. */
    static String text(Node node) {
        return node instanceof ScalarNode scalar ? scalar.getValue() : null;
    }

    /** Returns the key of a field in Camel's spelling: route-template becomes routeTemplate. */
    static String key(NodeTuple field) {
        String key = text(field.getKeyNode());
        return key == null ? "" : StringHelper.dashToCamelCase(key);
    }

    /** Returns the fields of a mapping; empty for other nodes. */
    static List<NodeTuple> fields(Node node) {
        return node instanceof MappingNode mapping ? mapping.getValue() : List.of();
    }

    /** Returns the items of a list; empty for other nodes. */
    static List<Node> items(Node node) {
        return node instanceof SequenceNode list ? list.getValue() : List.of();
    }

    /** Returns the value of a field. */
    static Optional<Node> value(Node node, String key) {
        return fields(node).stream()
                .filter(field -> key(field).equals(key))
                .map(NodeTuple::getValueNode)
                .findFirst();
    }
}
