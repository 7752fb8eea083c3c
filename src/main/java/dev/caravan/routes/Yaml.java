package dev.caravan.routes;

import java.util.List;
import java.util.Optional;
import org.apache.camel.util.StringHelper;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** Helpers for YAML nodes. */
final class Yaml {

    private Yaml() {}

    /** Returns what the parser found, and what to do about the mistakes that are usual in route files. */
    static String problem(MarkedYamlEngineException failure) {
        if ("while scanning an alias".equals(failure.getContext())) {
            return "a value that begins with * needs quotes, as in cron: \"*/15 * * * *\"";
        }
        String problem = failure.getProblem() == null ? failure.getMessage() : failure.getProblem();
        if (problem.startsWith("mapping values are not allowed")) {
            return problem + ": quote a value that contains a colon, or correct the indentation";
        }
        if (problem.startsWith("expected <block end>")) {
            return problem + ": correct the indentation or the quotes, here or in the lines before";
        }
        return problem.replaceFirst(
                "(?s)^(found character '[^\\\\].*that cannot start any token).*", "$1: quote the value");
    }

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
