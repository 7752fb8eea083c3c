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

/** A route file as it is written. */
final class RouteFile {

    private static final String LOCATION = "^(file|classpath):";
    private static final Pattern NAMED = Pattern.compile("\\bpipeline:[\\w.-]+");

    /** Fields whose value may be an endpoint without more ado: {@code to: direct:x}. */
    private static final Set<String> STEPS = Set.of("from", "to", "toD", "wireTap", "poll");

    /** Fields that hold no steps, but may hold an id of another kind. */
    private static final Set<String> NO_STEPS = Set.of("parameters", "marshal", "unmarshal");

    /** A word of so many letters does not come into a message by chance, and anything else of so many characters. */
    private static final int LONG = 8;

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

    /** The name of a file as messages give it. */
    static String name(Resource file) {
        return file.getLocation().replaceFirst(LOCATION, "");
    }

    /**
     * Reads a file.
     *
     * @return empty if there is nothing in it but comments
     * @throws RouteMistake if it is no list of routes
     */
    static Optional<RouteFile> read(Resource file) {
        String name = name(file);
        String text = text(name, file);
        Optional<Node> root;
        try {
            root = new Compose(LoadSettings.builder().setLabel(name).build()).composeString(text);
        } catch (MarkedYamlEngineException e) {
            Mark mark = e.getProblemMark().or(e::getContextMark).orElse(null);
            throw new RouteMistake(
                    name,
                    mark == null ? 0 : mark.getLine() + 1,
                    e.getProblem() == null ? e.getMessage() : e.getProblem(),
                    e);
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
                    "this is no list, so Camel would not see it: begin each route with '- route:'");
        }
        refuseTwins(name, root.get());
        return Optional.of(new RouteFile(name, root.get()));
    }

    private static String text(String name, Resource file) {
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
            throw new RouteMistake(name, 0, "this is not UTF-8 text: save it as UTF-8, not as UTF-16 or Latin-1", e);
        } catch (IOException e) {
            throw new RouteMistake(name, 0, "cannot be read: " + e, e);
        }
    }

    private static boolean isNothing(Node root) {
        return root.getTag().equals(Tag.NULL);
    }

    /** What Camel reads as well, in Kubernetes' manner. */
    private static boolean isCustomResource(Node root) {
        return Yaml.value(root, "apiVersion").isPresent();
    }

    /** YAML forbids a key twice in a mapping; the parser takes the last one without a word. */
    private static void refuseTwins(String name, Node node) {
        Map<String, Integer> lines = new HashMap<>();
        for (NodeTuple field : Yaml.fields(node)) {
            String key = Yaml.text(field.getKeyNode());
            int line = Yaml.line(field.getKeyNode());
            Integer first = key == null ? null : lines.putIfAbsent(key, line);
            if (first != null) {
                throw new RouteMistake(name, line, key + " is given twice, first in line " + first + ": remove one");
            }
            refuseTwins(name, field.getValueNode());
        }
        Yaml.items(node).forEach(item -> refuseTwins(name, item));
    }

    /** Within a route every id is given once. */
    private void refuseTwinIds(Node node, Map<String, Integer> lines) {
        Yaml.items(node).forEach(item -> refuseTwinIds(item, lines));
        for (NodeTuple field : Yaml.fields(node)) {
            String id = Yaml.key(field).equals("id") ? Yaml.text(field.getValueNode()) : null;
            if (id != null && !id.contains("{{")) {
                Integer first = lines.putIfAbsent(id, Yaml.line(field.getValueNode()));
                if (first != null) {
                    throw new RouteMistake(
                            name,
                            Yaml.line(field.getValueNode()),
                            "the id " + id + " is given twice in this route, first in line " + first
                                    + ": give each step its own");
                }
            } else if (!NO_STEPS.contains(Yaml.key(field))) {
                refuseTwinIds(field.getValueNode(), lines);
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
                continue; // a bean's properties are no endpoints
            }
            if (STEPS.contains(key) && Yaml.text(value) != null) {
                endpoints.add(YamlEndpoint.of(key, value, null, isTemplate));
            }
            switch (key) {
                case "route" -> {
                    Yaml.value(value, "id").ifPresent(id -> routeIds.putIfAbsent(Yaml.text(id), Yaml.line(id)));
                    Yaml.value(value, "from").ifPresent(from -> refuseTwinIds(from, new HashMap<>()));
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
                    // neither names a route
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

    /** The ids of the routes that are not in templates, and their lines. */
    Map<String, Integer> routeIds() {
        return routeIds;
    }

    /** The lines where the routes begin that are written out, by address. */
    Map<String, Integer> begins() {
        Map<String, Integer> begins = new HashMap<>();
        for (YamlEndpoint endpoint : endpoints) {
            if (endpoint.step().equals("from") && !endpoint.isTemplate()) {
                begins.putIfAbsent(endpoint.address(), endpoint.line());
            }
        }
        return begins;
    }

    /** The pipelines that are named in a file that is no YAML, in whatever encoding. */
    static Set<String> namedIn(Resource file) {
        return NAMED.matcher(anyText(file)).results().map(MatchResult::group).collect(Collectors.toSet());
    }

    /** What is in a file, in whatever encoding, as far as it is ASCII. */
    static String anyText(Resource file) {
        try (InputStream bytes = file.getInputStream()) {
            return new String(bytes.readAllBytes(), StandardCharsets.ISO_8859_1).replace("\0", "");
        } catch (IOException e) {
            return "";
        }
    }

    /** Where a mistake was most likely written: the option, or the value, that its message names. */
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
