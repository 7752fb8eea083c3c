package dev.caravan.routes;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.spi.Resource;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** A parsed route file, with line numbers. */
final class RouteFile {

    private static final String LOCATION = "^(file|classpath):";
    private static final Pattern NAMED = Pattern.compile("\\bpipeline:[\\w.-]+");

    /** Fields whose value can be an endpoint itself: {@code to: direct:x}. */
    private static final Set<String> STEPS = Set.of("from", "to", "toD", "wireTap", "poll");

    /** Fields without steps, whose {@code id} means something else. */
    private static final Set<String> NO_STEPS = Set.of("parameters", "marshal", "unmarshal");

    /** Words longer than this rarely occur in a message by chance. */
    private static final int LONG = 8;

    /** The same for text with other characters. */
    private static final int SHORT = 3;

    private final String name;
    private final Node root;
    private final List<YamlEndpoint> endpoints = new ArrayList<>();
    private final List<YamlTemplate> templates = new ArrayList<>();
    private final List<YamlTemplate> templatedRoutes = new ArrayList<>();
    private final Map<String, Integer> routeIds = new HashMap<>();

    private RouteFile(String name, Node root) {
        this.name = name;
        this.root = root;
        collect(root, "", false);
    }

    /** Returns the name of a file for messages. */
    static String name(Resource file) {
        return file.getLocation().replaceFirst(LOCATION, "");
    }

    /**
     * Reads a file.
     *
     * @return empty if it has only comments
     * @throws RouteMistake if it is not a list of routes
     */
    static Optional<RouteFile> read(Resource file) {
        String name = name(file);
        String text = text(name, file);
        Optional<Node> root;
        try {
            root = new Compose(LoadSettings.builder().setLabel(name).build()).composeString(text);
        } catch (MarkedYamlEngineException e) {
            Mark mark = e.getProblemMark().or(e::getContextMark).orElse(null);
            throw new RouteMistake(name, mark == null ? 0 : mark.getLine() + 1, Yaml.problem(e), e);
        } catch (YamlEngineException e) {
            throw new RouteMistake(name, 0, e.getMessage(), e);
        }
        if (root.isEmpty() || isNothing(root.get())) {
            return Optional.empty();
        }
        if (!(root.get() instanceof SequenceNode) && !isCustomResource(root.get())) {
            throw new RouteMistake(
                    name,
                    Yaml.line(root.get()),
                    "not a list, which Camel would ignore: begin each route with '- route:'");
        }
        rejectDuplicateKeys(name, root.get());
        return Optional.of(new RouteFile(name, root.get()));
    }

    /** Reads a text file. */
    static String text(String name, Resource file) {
        try (InputStream bytes = file.getInputStream()) {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.readAllBytes()))
                    .toString();
            if (text.indexOf('\0') >= 0) {
                throw new CharacterCodingException();
            }
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new RouteMistake(name, 0, "not UTF-8 text: save the file as UTF-8, not as UTF-16 or Latin-1", e);
        } catch (IOException e) {
            throw new RouteMistake(name, 0, "cannot be read: " + e, e);
        }
    }

    /** Returns whether it defines beans, or may do so in a custom resource. */
    boolean hasBeans() {
        return !(root instanceof SequenceNode)
                || Yaml.items(root).stream()
                        .anyMatch(item -> Yaml.value(item, "beans").isPresent());
    }

    private static boolean isNothing(Node root) {
        return root.getTag().equals(Tag.NULL);
    }

    /** Kubernetes custom resources, which Camel accepts too. */
    private static boolean isCustomResource(Node root) {
        return Yaml.value(root, "apiVersion").isPresent();
    }

    /** Rejects duplicate keys, of which the parser would silently take the last. */
    private static void rejectDuplicateKeys(String name, Node node) {
        Map<String, Integer> lines = new HashMap<>();
        for (NodeTuple field : Yaml.fields(node)) {
            String key = Yaml.text(field.getKeyNode());
            int line = Yaml.line(field.getKeyNode());
            Integer first = key == null ? null : lines.putIfAbsent(key, line);
            if (first != null) {
                throw new RouteMistake(
                        name, line, "duplicate key " + key + ", first in line " + first + ": remove one");
            }
            rejectDuplicateKeys(name, field.getValueNode());
        }
        Yaml.items(node).forEach(item -> rejectDuplicateKeys(name, item));
    }

    /** Rejects duplicate ids within a route. */
    private void rejectDuplicateIds(Node node, Map<String, Integer> lines) {
        Yaml.items(node).forEach(item -> rejectDuplicateIds(item, lines));
        for (NodeTuple field : Yaml.fields(node)) {
            String id = Yaml.key(field).equals("id") ? Yaml.text(field.getValueNode()) : null;
            if (id != null && !id.contains("{{")) {
                Integer first = lines.putIfAbsent(id, Yaml.line(field.getValueNode()));
                if (first != null) {
                    throw new RouteMistake(
                            name,
                            Yaml.line(field.getValueNode()),
                            "duplicate id " + id + " in this route, first in line " + first
                                    + ": give each step its own id");
                }
            } else if (!NO_STEPS.contains(Yaml.key(field))) {
                rejectDuplicateIds(field.getValueNode(), lines);
            }
        }
    }

    private void collect(Node node, String step, boolean isTemplate) {
        Yaml.items(node).forEach(item -> collect(item, step, isTemplate));
        Node uri = Yaml.value(node, "uri")
                .filter(value -> Yaml.text(value) != null)
                .orElse(null);
        if (uri != null) {
            endpoints.add(
                    YamlEndpoint.of(step, uri, Yaml.value(node, "parameters").orElse(null), isTemplate));
        }
        for (NodeTuple field : Yaml.fields(node)) {
            String key = Yaml.key(field);
            Node value = field.getValueNode();
            if (key.equals("beans") || (uri != null && key.equals("parameters"))) {
                continue; // bean properties are not endpoints
            }
            if (STEPS.contains(key) && Yaml.text(value) != null) {
                endpoints.add(YamlEndpoint.of(key, value, null, isTemplate));
            }
            switch (key) {
                case "route" -> {
                    Yaml.value(value, "id").ifPresent(id -> routeIds.putIfAbsent(Yaml.text(id), Yaml.line(id)));
                    Yaml.value(value, "from").ifPresent(from -> rejectDuplicateIds(from, new HashMap<>()));
                }
                case "routeTemplate" -> {
                    int before = endpoints.size();
                    collect(value, key, true);
                    templates.add(YamlTemplate.of(
                            value, "id", "defaultValue", List.copyOf(endpoints.subList(before, endpoints.size()))));
                    continue;
                }
                case "templatedRoute" -> {
                    templatedRoutes.add(YamlTemplate.of(value, "routeTemplateRef", "value", List.of()));
                    Yaml.value(value, "routeId").ifPresent(id -> routeIds.putIfAbsent(Yaml.text(id), Yaml.line(id)));
                    continue;
                }
                default -> {
                    // does not name a route
                }
            }
            collect(value, key, isTemplate);
        }
    }

    String name() {
        return name;
    }

    List<YamlEndpoint> endpoints() {
        return endpoints;
    }

    List<YamlTemplate> templates() {
        return templates;
    }

    List<YamlTemplate> templatedRoutes() {
        return templatedRoutes;
    }

    /** Returns the ids of the routes outside of templates, with their lines. */
    Map<String, Integer> routeIds() {
        return routeIds;
    }

    /** Returns the lines where routes begin, by address, without those of templates. */
    Map<String, Integer> begins() {
        Map<String, Integer> begins = new HashMap<>();
        for (YamlEndpoint endpoint : endpoints) {
            if (endpoint.step().equals("from") && !endpoint.isTemplate()) {
                begins.putIfAbsent(endpoint.address(), endpoint.line());
            }
        }
        return begins;
    }

    /** Returns the pipelines named in an unreadable file, in any encoding. */
    static Set<String> namedIn(Resource file) {
        return NAMED.matcher(anyText(file)).results().map(MatchResult::group).collect(Collectors.toSet());
    }

    /** Returns the ASCII text of a file, in any encoding. */
    static String anyText(Resource file) {
        try (InputStream bytes = file.getInputStream()) {
            return new String(bytes.readAllBytes(), StandardCharsets.ISO_8859_1).replace("\0", "");
        } catch (IOException e) {
            return "";
        }
    }

    /** Returns the most likely line of a mistake: that of the option or value in its message. */
    int lineOf(String mistake, int near) {
        for (YamlEndpoint endpoint : endpoints) {
            if (Math.abs(endpoint.line() - near) <= 1) {
                Optional<YamlOption> named = endpoint.options().stream()
                        .filter(option -> option.line() != endpoint.line() && names(mistake, option.name()))
                        .findFirst();
                if (named.isPresent()) {
                    return named.get().line();
                }
            }
        }
        List<Node> scalars = new ArrayList<>();
        scalars(root, scalars);
        String last = mistake.substring(mistake.lastIndexOf(": ") + 1).strip();
        return Stream.<Predicate<String>>of(
                        text -> mistake.contains("'" + text + "'"),
                        text -> text.length() > (text.matches("\\w+") ? LONG : SHORT) && mistake.contains(text),
                        text -> last.length() > SHORT && text.contains(last))
                .flatMap(quoted ->
                        scalars.stream().filter(node -> Yaml.line(node) >= near && quoted.test(Yaml.text(node))))
                .findFirst()
                .map(Yaml::line)
                .orElse(near);
    }

    private static boolean names(String mistake, String option) {
        return mistake.matches("(?s)(.*[^\\w.-])?" + Pattern.quote(option) + "([^\\w.-].*|\\.?)");
    }

    private static void scalars(Node node, List<Node> scalars) {
        if (Yaml.text(node) != null) {
            scalars.add(node);
        }
        Yaml.items(node).forEach(item -> scalars(item, scalars));
        Yaml.fields(node).forEach(field -> {
            scalars(field.getKeyNode(), scalars);
            scalars(field.getValueNode(), scalars);
        });
    }
}
