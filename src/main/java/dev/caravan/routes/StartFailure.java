package dev.caravan.routes;

import dev.caravan.run.PermanentException;
import dev.caravan.run.Suggestion;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToStartRouteException;
import org.apache.camel.NoSuchEndpointException;
import org.apache.camel.PropertyBindingException;
import org.apache.camel.ResolveEndpointFailedException;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.util.StringHelper;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/** Turns an exception from Camel's start into a message with the file, the line and the mistake. */
public final class StartFailure {

    private static final Pattern LOCATION = Pattern.compile("^(file|classpath):");
    private static final Pattern PARSED_RESOURCE = Pattern.compile("resource: ?file:(\\S+)");

    /** Camel writes the id twice, without a space. */
    private static final Pattern DUPLICATE_ID = Pattern.compile("Duplicate route ids detected: (.+?)(?=\\1/)\\1/");

    private static final Pattern FAILED_NODE = Pattern.compile(">>> (.*?) <<< in route");

    private static final Pattern UNKNOWN_FIELD = Pattern.compile("^Unsupported field: (\\S+)");
    private static final Pattern NO_CONSTANT =
            Pattern.compile("Enum class class (\\S+) does not have any constant with value: (.*)");

    private static final Pattern NO_SETTING = Pattern.compile("^Property with key \\[([^\\]]+)] not found");
    private static final Pattern NO_BEAN =
            Pattern.compile("^No bean could be found in the registry for: (\\S+)(?: of type: (\\S+))?");

    private static final String COMPONENTS = "META-INF/services/org/apache/camel/component.properties";
    private static final Pattern NO_TEMPLATE = Pattern.compile("Cannot find RouteTemplate with id (\\S+)");
    private static final Pattern UNKNOWN_OPTION = Pattern.compile("Unknown parameters=\\[\\{([^=]+)=");

    private final CamelContext context;
    private final RouteFiles files;

    /** Creates the translator for one start of a context. */
    public StartFailure(CamelContext context, RouteFiles files) {
        this.context = context;
        this.files = files;
    }

    /** Returns a {@link RouteMistake} if a route file is the cause, otherwise an exception about the settings. */
    public PermanentException explain(Exception failure) {
        List<Throwable> causes = Stream.iterate((Throwable) failure, e -> e != null, Throwable::getCause)
                .toList();
        for (Throwable cause : causes) {
            if (cause instanceof RouteMistake known) {
                return known;
            }
            if (cause instanceof MarkedYamlEngineException yaml) {
                return brokenYaml(yaml, causes);
            }
            if (cause instanceof PropertyBindingException setting
                    && setting.getOptionPrefix() != null
                    && setting.getOptionPrefix().startsWith("camel.")) {
                return wrongSetting(setting, causes);
            }
        }
        String component = unknownComponent(wrongUri(causes));
        String mistake = component != null
                ? component
                : causes.stream()
                        .filter(cause -> cause instanceof PermanentException || cause instanceof TransientException)
                        .map(Throwable::getMessage)
                        .findFirst()
                        .orElseGet(() -> deepestMessage(causes));
        for (Throwable cause : causes) {
            if (cause instanceof FailedToCreateRouteException route) {
                Matcher duplicate = DUPLICATE_ID.matcher(mistake);
                return duplicate.find()
                        ? clash(duplicate.group(1), "has the id " + duplicate.group(1), failure)
                        : mistake(route.getRouteId(), route.getMessage(), wrongUri(causes), mistake, failure);
            }
            if (cause instanceof FailedToStartRouteException route) {
                if (mistake.contains("Multiple consumers for the same endpoint")) {
                    return clash(route.getRouteId(), "begins with the same endpoint", failure);
                }
                return causes.stream().anyMatch(UsageException.class::isInstance)
                        ? mistake(route.getRouteId(), "", null, mistake, failure)
                        : new PermanentException(
                                "Caravan cannot start: "
                                        + mistake(route.getRouteId(), "", null, mistake, failure)
                                                .getMessage(),
                                failure);
            }
        }
        Matcher template = NO_TEMPLATE.matcher(mistake);
        if (template.find()) {
            return noTemplate(template.group(1), failure);
        }
        if (causes.stream().anyMatch(UsageException.class::isInstance)) {
            return new UsageException(mistake, failure);
        }
        return new PermanentException("Caravan cannot start: " + mistake, failure);
    }

    private UsageException noTemplate(String id, Exception failure) {
        List<String> known = files.files().stream()
                .flatMap(file -> file.templates().stream())
                .map(YamlTemplate::id)
                .toList();
        String mistake = "unknown route template " + id + Suggestion.didYouMean(id, known);
        for (RouteFile file : files.files()) {
            for (YamlTemplate route : file.templatedRoutes()) {
                if (id.equals(route.id())) {
                    return new RouteMistake(file.name(), route.line(), mistake, failure);
                }
            }
        }
        return new UsageException(mistake, failure);
    }

    /** Reports what two routes must not share; Camel does not name their files. */
    private UsageException clash(String routeId, String common, Exception failure) {
        return mistake(routeId, "", null, "another route " + common + " too; use different ones", failure);
    }

    /** Never quotes the value, which may be a secret. */
    private static UsageException wrongSetting(PropertyBindingException setting, List<Throwable> causes) {
        String key = setting.getOptionPrefix().replaceFirst("\\.?$", ".")
                + (setting.getOptionKey() == null ? setting.getPropertyName() : setting.getOptionKey());
        boolean unknown = causes.get(causes.size() - 1) == setting;
        return new UsageException(
                unknown
                        ? "Unknown setting " + key + ": correct its name in the properties file"
                        : "Invalid value of setting " + key
                                + ": expected a number, a duration such as 30s, or one of the values in docs/",
                setting);
    }

    /** Returns a message if the component is missing, otherwise null. */
    private String unknownComponent(String uri) {
        String scheme = uri == null ? null : StringHelper.before(uri, ":");
        if (scheme == null || context.hasComponent(scheme) != null) {
            return null;
        }
        Set<String> components = new TreeSet<>();
        try {
            for (URL list : Collections.list(StartFailure.class.getClassLoader().getResources(COMPONENTS))) {
                try (InputStream properties = list.openStream()) {
                    Properties found = new Properties();
                    found.load(properties);
                    components.addAll(
                            List.of(found.getProperty("components", "").split(" ", -1)));
                }
            }
        } catch (IOException e) {
            return null;
        }
        return components.contains(scheme)
                ? null
                : "unknown component " + scheme + Suggestion.didYouMean(scheme, components);
    }

    private static String wrongUri(List<Throwable> causes) {
        for (Throwable cause : causes) {
            if (cause instanceof ResolveEndpointFailedException wrong) {
                return wrong.getUri();
            } else if (cause instanceof NoSuchEndpointException unknown) {
                return unknown.getUri();
            }
        }
        return null;
    }

    private static UsageException brokenYaml(MarkedYamlEngineException yaml, List<Throwable> causes) {
        Mark mark = yaml.getProblemMark().or(yaml::getContextMark).orElse(null);
        int line = mark == null ? 0 : mark.getLine() + 1;
        String problem = Yaml.problem(yaml);
        String file = file(mark, causes);
        Matcher field = UNKNOWN_FIELD.matcher(problem);
        if (mark != null && field.find()) {
            line = lineOf(field.group(1), file, line);
        }
        return new RouteMistake(file, line, problem, yaml);
    }

    /** Corrects Camel's line, which is only near the field. */
    private static int lineOf(String field, String file, int line) {
        try {
            List<String> lines = Files.readAllLines(Path.of(file));
            for (int candidate : new int[] {line, line - 1, line - 2, line + 1}) {
                if (lines.get(candidate - 1).strip().matches("(- )?[\"']?" + Pattern.quote(field) + "[\"']?\\s*:.*")) {
                    return candidate;
                }
            }
        } catch (IOException | InvalidPathException | IndexOutOfBoundsException e) {
            return line;
        }
        return line;
    }

    /** Returns the file from the mark, or from Camel's exception if the parser read a stream ("reader"). */
    private static String file(Mark mark, List<Throwable> causes) {
        if (mark != null && !mark.getName().equals("reader")) {
            return LOCATION.matcher(mark.getName()).replaceFirst("");
        }
        return causes.stream()
                .map(Throwable::getMessage)
                .filter(message -> message != null)
                .map(PARSED_RESOURCE::matcher)
                .filter(matcher -> matcher.find())
                .map(matcher -> matcher.group(1))
                .findFirst()
                .orElse("A route file");
    }

    /** Finds the line of the failed node, which the exception quotes, in the route's model. */
    private UsageException mistake(String routeId, String message, String uri, String mistake, Exception failure) {
        RouteDefinition route = routeId == null || !(context instanceof ModelCamelContext models)
                ? null
                : models.getRouteDefinition(routeId);
        if (hasCause(failure, TransientException.class)) {
            // the file is correct; a later start may succeed
            return new UsageException("Route " + routeId + ": " + mistake, failure);
        }
        Optional<RouteMistake> templated =
                route == null ? Optional.empty() : files.inTemplated(route, mistake, failure);
        if (templated.isPresent()) {
            return templated.get();
        }
        if (route == null || route.getResource() == null) {
            return new UsageException(routeId == null ? mistake : "Route " + routeId + ": " + mistake, failure);
        }
        String name = RouteFile.name(route.getResource());
        RouteFile file = files.file(name).orElse(null);
        int near = line(route, message, uri);
        int line = file == null ? near : file.lineOf(mistake, near);
        return new RouteMistake(name, line, mistake, failure);
    }

    private static boolean hasCause(Throwable failure, Class<? extends Throwable> type) {
        return Stream.iterate(failure, e -> e != null, Throwable::getCause).anyMatch(type::isInstance);
    }

    private static int line(RouteDefinition route, String message, String uri) {
        Matcher quoted = FAILED_NODE.matcher(message);
        String node = quoted.find() ? quoted.group(1) : "";
        List<ProcessorDefinition<?>> nodes = new ArrayList<>();
        for (ProcessorDefinition<?> definition :
                ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class)) {
            nodes.add(definition);
        }
        // of nested nodes Camel quotes the outermost
        return nodes.stream()
                .filter(definition -> uri != null && calls(definition, uri))
                .findFirst()
                .or(() -> nodes.stream()
                        .filter(definition -> definition.toString().equals(node))
                        .findFirst())
                .map(ProcessorDefinition::getLineNumber)
                .orElse(route.getInput() == null ? 0 : route.getInput().getLineNumber());
    }

    private static boolean calls(ProcessorDefinition<?> definition, String uri) {
        return definition instanceof EndpointRequiredDefinition caller
                && caller.getEndpointUri() != null
                && withoutOptions(caller.getEndpointUri()).equals(withoutOptions(uri));
    }

    private static String withoutOptions(String uri) {
        return StringHelper.before(uri, "?", uri).replace("://", ":");
    }

    /** Returns the innermost message, which Camel repeats in each wrapping exception. */
    private String deepestMessage(List<Throwable> causes) {
        String message = "";
        for (Throwable cause : causes) {
            if (cause.getMessage() != null) {
                message = cause.getMessage();
            }
            if (cause instanceof ResolveEndpointFailedException && cause.getCause() == null) {
                break;
            }
        }
        return readable(message, causes.get(causes.size() - 1));
    }

    private Set<String> beans(String type) {
        try {
            return type == null
                    ? Set.of()
                    : context.getRegistry()
                            .findByTypeWithName(Class.forName(type))
                            .keySet();
        } catch (ClassNotFoundException e) {
            return Set.of();
        }
    }

    /** Rewrites messages that only name a class, a file, an enum or what is missing. */
    private String readable(String message, Throwable deepest) {
        Matcher setting = NO_SETTING.matcher(message);
        if (setting.find()) {
            return "unknown setting {{" + setting.group(1) + "}}: define " + setting.group(1)
                    + " in application.properties";
        }
        Matcher bean = NO_BEAN.matcher(message);
        if (bean.find()) {
            return "unknown bean " + bean.group(1) + ": define camel.beans." + bean.group(1)
                    + " in application.properties" + Suggestion.didYouMean(bean.group(1), beans(bean.group(2)));
        }
        Matcher unknown = UNKNOWN_OPTION.matcher(message);
        if (unknown.find()) {
            return "unknown option " + unknown.group(1);
        }
        Matcher choice = NO_CONSTANT.matcher(message);
        if (choice.find()) {
            try {
                return "'" + choice.group(2) + "' must be one of "
                        + Arrays.stream(Class.forName(choice.group(1)).getEnumConstants())
                                .map(constant -> String.valueOf(constant).toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", "));
            } catch (ClassNotFoundException e) {
                return message;
            }
        } else if (deepest instanceof ClassNotFoundException) {
            return "class not found: " + message;
        } else if (deepest instanceof FileNotFoundException || deepest instanceof NoSuchFileException) {
            return "file or directory not found: " + message;
        } else if (deepest instanceof IndexOutOfBoundsException) {
            return "an option is malformed (" + message + ")";
        }
        return message.isBlank() ? deepest.toString() : message;
    }
}
