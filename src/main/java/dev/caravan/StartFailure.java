package dev.caravan;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

/** Turns an exception of Camel's start into a sentence that names the file, the line and the mistake. */
final class StartFailure {

    private static final Pattern LOCATION = Pattern.compile("^(file|classpath):");
    private static final Pattern PARSED_RESOURCE = Pattern.compile("resource: ?file:(\\S+)");

    /** Camel writes the id twice, without a space. */
    private static final Pattern DUPLICATE_ID = Pattern.compile("Duplicate route ids detected: (.+?)(?=\\1/)\\1/");

    private static final Pattern FAILED_NODE = Pattern.compile(">>> (.*?) <<< in route");

    private static final Pattern UNKNOWN_FIELD = Pattern.compile("^Unsupported field: (\\S+)");
    private static final Pattern NO_CONSTANT =
            Pattern.compile("Enum class class (\\S+) does not have any constant with value: (.*)");
    private static final String EMPTY = "Resource is empty: ";

    private StartFailure() {}

    static PermanentException explain(Exception failure, CamelContext context) {
        List<Throwable> causes = Stream.iterate((Throwable) failure, e -> e != null, Throwable::getCause)
                .toList();
        for (Throwable cause : causes) {
            if (cause instanceof MarkedYamlEngineException yaml) {
                return brokenYaml(yaml, causes);
            }
            if (cause instanceof PropertyBindingException setting
                    && setting.getOptionPrefix() != null
                    && setting.getOptionPrefix().startsWith("camel.")) {
                return wrongSetting(setting, causes);
            }
        }
        String mistake = causes.stream()
                .filter(cause -> cause instanceof PermanentException || cause instanceof TransientException)
                .map(Throwable::getMessage)
                .findFirst()
                .orElseGet(() -> deepestMessage(causes));
        for (Throwable cause : causes) {
            if (cause instanceof FailedToCreateRouteException route) {
                Matcher twin = DUPLICATE_ID.matcher(mistake);
                return twin.find()
                        ? clash(twin.group(1), "has the id " + twin.group(1), failure, context)
                        : new UsageException(
                                place(route.getRouteId(), route.getMessage(), wrongUri(causes), context) + mistake,
                                failure);
            }
            if (cause instanceof FailedToStartRouteException route) {
                if (mistake.contains("Multiple consumers for the same endpoint")) {
                    return clash(route.getRouteId(), "begins with the same endpoint", failure, context);
                }
                mistake = place(route.getRouteId(), "", null, context) + mistake;
            }
        }
        if (causes.stream().anyMatch(UsageException.class::isInstance) || mistake.startsWith(EMPTY)) {
            return new UsageException(mistake, failure);
        }
        return new PermanentException("Caravan cannot start: " + mistake, failure);
    }

    /** What two routes may not have in common; Camel does not say where they are. */
    private static UsageException clash(String routeId, String common, Exception failure, CamelContext context) {
        return new UsageException(
                place(routeId, "", null, context) + "another route " + common + " too; give each its own", failure);
    }

    /** Its value is not repeated: it may be a secret. */
    private static UsageException wrongSetting(PropertyBindingException setting, List<Throwable> causes) {
        String key = setting.getOptionPrefix().replaceFirst("\\.?$", ".")
                + (setting.getOptionKey() == null ? setting.getPropertyName() : setting.getOptionKey());
        boolean unknown = causes.get(causes.size() - 1) == setting;
        return new UsageException(
                unknown
                        ? "There is no setting " + key + ": correct its name in the application's properties"
                        : "The setting " + key
                                + " cannot have the value that it has: a number, a time such as 30s, or a"
                                + " word of those that docs/ names is expected",
                setting);
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
        String line = mark == null ? "" : ", line " + (mark.getLine() + 1);
        String problem = yaml.getProblem() == null ? yaml.getMessage() : yaml.getProblem();
        String file = file(mark, causes);
        Matcher field = UNKNOWN_FIELD.matcher(problem);
        if (mark != null && field.find()) {
            line = ", line " + lineOf(field.group(1), file, mark.getLine() + 1);
        }
        return new UsageException(file + line + ": " + problem, yaml);
    }

    /** Camel gives the line of something near the field. */
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

    /** The parser calls a stream "reader"; Camel's own exception then knows the file. */
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

    /** The exception quotes the node that failed; the model knows where that node was written. */
    private static String place(String routeId, String message, String uri, CamelContext context) {
        if (routeId == null || !(context instanceof ModelCamelContext models)) {
            return "";
        }
        RouteDefinition route = models.getRouteDefinition(routeId);
        if (route == null || route.getResource() == null) {
            return "Route " + routeId + ": ";
        }
        String file = LOCATION.matcher(route.getResource().getLocation()).replaceFirst("");
        Matcher quoted = FAILED_NODE.matcher(message);
        String node = quoted.find() ? quoted.group(1) : "";
        List<ProcessorDefinition<?>> nodes = new ArrayList<>();
        for (ProcessorDefinition<?> definition :
                ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class)) {
            nodes.add(definition);
        }
        // of a node within others Camel quotes the outermost
        int line = nodes.stream()
                .filter(definition -> uri != null && calls(definition, uri))
                .findFirst()
                .or(() -> nodes.stream()
                        .filter(definition -> definition.toString().equals(node))
                        .findFirst())
                .map(ProcessorDefinition::getLineNumber)
                .orElse(route.getInput().getLineNumber());
        return file + (line > 0 ? ", line " + line : "") + ": ";
    }

    private static boolean calls(ProcessorDefinition<?> definition, String uri) {
        return definition instanceof EndpointRequiredDefinition caller
                && caller.getEndpointUri() != null
                && withoutOptions(caller.getEndpointUri()).equals(withoutOptions(uri));
    }

    private static String withoutOptions(String uri) {
        return StringHelper.before(uri, "?", uri).replace("://", ":");
    }

    /** Camel repeats a cause's message in each exception around it; the innermost says it once. */
    private static String deepestMessage(List<Throwable> causes) {
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

    /** Says it in words where Java's own message has none. */
    private static String readable(String message, Throwable deepest) {
        Matcher choice = NO_CONSTANT.matcher(message);
        if (choice.find()) {
            try {
                return choice.group(2) + " is none of "
                        + Arrays.stream(Class.forName(choice.group(1)).getEnumConstants())
                                .map(String::valueOf)
                                .collect(Collectors.joining(", "));
            } catch (ClassNotFoundException e) {
                return message;
            }
        } else if (deepest instanceof ClassNotFoundException) {
            return "there is no class " + message;
        } else if (deepest instanceof FileNotFoundException || deepest instanceof NoSuchFileException) {
            return "there is no file or directory " + message;
        } else if (deepest instanceof IndexOutOfBoundsException) {
            return "an option is malformed (" + message + ")";
        }
        return message.isBlank() ? deepest.toString() : message;
    }
}
