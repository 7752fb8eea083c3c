package dev.caravan.console;

import dev.caravan.run.Secrets;
import java.util.Comparator;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * The text of a route without the secrets that it should not have: the values of fields with a secret's name, and those of a
 * header, property or variable with such a name. Placeholders and expressions name a secret and have none, so they stay, unless a placeholder has a default.
 */
final class MaskedYaml {

    private static final String MASK = "xxxxxx";
    private static final Pattern HEADER = Pattern.compile("(?i)(?:proxy-)?authorization|x-api-key|(?:set-)?cookie");
    private static final Pattern REFERENCE = Pattern.compile(
            "(?i)\\s*(?:(?:basic|bearer|token)\\s+)?(?:\\{\\{(?:(?:aws|env|sys|local):)?[^{}:]*}}|\\$\\{[^{}]*})\\s*");

    /** The parts to replace, by their begin, the last first. */
    private final SortedMap<Integer, Integer> secrets = new TreeMap<>(Comparator.reverseOrder());

    private MaskedYaml() {}

    /** Masks a text; returns null if it is not YAML, in which nothing could be found. */
    static String of(String yaml) {
        MaskedYaml masked = new MaskedYaml();
        try {
            new Compose(LoadSettings.builder().setUseMarks(true).build())
                    .composeString(yaml)
                    .ifPresent(masked::search);
        } catch (YamlEngineException e) {
            return null;
        }
        StringBuilder text = new StringBuilder(yaml);
        masked.secrets.forEach((begin, end) -> {
            int from = yaml.offsetByCodePoints(0, begin);
            int to = yaml.offsetByCodePoints(0, end);
            // a block ends where the next line has its text
            String secret = yaml.substring(from, to).stripTrailing();
            text.replace(from, from + secret.length(), MASK);
        });
        return Secrets.mask(text.toString());
    }

    private void search(Node node) {
        if (node instanceof MappingNode fields) {
            boolean named = fields.getValue().stream()
                    .anyMatch(field -> text(field.getKeyNode()).equals("name") && isSecret(text(field.getValueNode())));
            for (NodeTuple field : fields.getValue()) {
                String key = text(field.getKeyNode());
                if (isSecret(key) || (named && !key.equals("name"))) {
                    mask(field.getValueNode());
                } else {
                    search(field.getValueNode());
                }
            }
        } else if (node instanceof SequenceNode items) {
            items.getValue().forEach(this::search);
        }
    }

    private void mask(Node node) {
        if (node instanceof ScalarNode value) {
            if (!value.getValue().isEmpty()
                    && !REFERENCE.matcher(value.getValue()).matches()) {
                value.getStartMark()
                        .map(Mark::getIndex)
                        .ifPresent(begin -> secrets.put(
                                begin, value.getEndMark().map(Mark::getIndex).orElse(begin)));
            }
        } else if (node instanceof MappingNode fields) {
            fields.getValue().forEach(field -> mask(field.getValueNode()));
        } else if (node instanceof SequenceNode items) {
            items.getValue().forEach(this::mask);
        }
    }

    private static boolean isSecret(String name) {
        return Secrets.isSecretName(name) || HEADER.matcher(name).matches();
    }

    private static String text(Node node) {
        return node instanceof ScalarNode scalar ? scalar.getValue() : "";
    }
}
