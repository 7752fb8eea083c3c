package dev.caravan;

import dev.caravan.run.PermanentException;
import dev.caravan.run.TransientException;
import dev.caravan.run.UsageException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.FailedToCreateRouteException;
import org.apache.camel.FailedToStartRouteException;
import org.apache.camel.ResolveEndpointFailedException;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/** Turns an exception of Camel's start into a sentence that names the file, the line and the mistake. */
final class StartFailure {

    private static final Pattern LOCATION = Pattern.compile("^(file|classpath):");
    private static final Pattern PARSED_RESOURCE = Pattern.compile("resource: ?file:(\\S+)");

    /** Camel writes the id twice, without a space. */
    private static final Pattern DUPLICATE_ID = Pattern.compile("Duplicate route ids detected: (.+?)(?=\\1/)\\1/");

    private static final Pattern FAILED_NODE = Pattern.compile(">>> (.*?) <<< in route");

    private StartFailure() {}

    static PermanentException explain(Exception failure, CamelContext context) {
        List<Throwable> causes = Stream.iterate((Throwable) failure, e -> e != null, Throwable::getCause)
                .toList();
        for (Throwable cause : causes) {
            if (cause instanceof MarkedYamlEngineException yaml) {
                return brokenYaml(yaml, causes);
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
                        : new UsageException(place(route.getRouteId(), route.getMessage(), context) + mistake, failure);
            }
            if (cause instanceof FailedToStartRouteException route) {
                if (mistake.contains("Multiple consumers for the same endpoint")) {
                    return clash(route.getRouteId(), "begins with the same endpoint", failure, context);
                }
                mistake = place(route.getRouteId(), "", context) + mistake;
            }
        }
        if (causes.stream().anyMatch(UsageException.class::isInstance)) {
            return new UsageException(mistake, failure);
        }
        return new PermanentException("Caravan cannot start: " + mistake, failure);
    }

    /** What two routes may not have in common; Camel does not say where they are. */
    private static UsageException clash(String routeId, String common, Exception failure, CamelContext context) {
        return new UsageException(
                place(routeId, "", context) + "another route " + common + " too; give each its own", failure);
    }

    private static UsageException brokenYaml(MarkedYamlEngineException yaml, List<Throwable> causes) {
        Mark mark = yaml.getProblemMark().or(yaml::getContextMark).orElse(null);
        String line = mark == null ? "" : ", line " + (mark.getLine() + 1);
        String problem = yaml.getProblem() == null ? yaml.getMessage() : yaml.getProblem();
        return new UsageException(file(mark, causes) + line + ": " + problem, yaml);
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
    private static String place(String routeId, String message, CamelContext context) {
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
        int line = ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class).stream()
                .filter(definition -> definition.toString().equals(node))
                .mapToInt(definition -> definition.getLineNumber())
                .findFirst()
                .orElse(route.getInput().getLineNumber());
        return file + (line > 0 ? ", line " + line : "") + ": ";
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
        return message;
    }
}
