package dev.caravan.console;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.StepDefinition;
import org.apache.camel.model.ToDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.util.URISupport;

/**
 * The route of a pipeline.
 *
 * @param file that defines it, or null if it is not in a file
 * @param yaml its text, without secrets; or null
 */
record Definition(String file, int line, @JsonIgnore String yaml, List<Part> steps) {

    private static final int LONGEST = 200_000;

    /** A step, and the endpoints that it calls. */
    record Part(String name, List<String> calls) {}

    static Definition of(Data data, String routeId) {
        RouteDefinition route = ((ModelCamelContext) data.context()).getRouteDefinition(routeId);
        if (route == null) {
            return new Definition(null, 0, null, List.of());
        }
        Resource file = route.getResource();
        String text = file == null ? null : read(file);
        return new Definition(
                file == null ? null : file.getLocation().replaceFirst("^file:", ""),
                route.getLineNumber(),
                text == null ? null : MaskedYaml.of(part(text, route.getLineNumber())),
                steps(route));
    }

    private static String read(Resource file) {
        try (InputStream in = file.getInputStream()) {
            return new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return null;
        }
    }

    /** Returns the item of the file's list that a line belongs to. */
    private static String part(String text, int line) {
        List<String> lines = text.lines().toList();
        int at = Math.max(0, Math.min(line, lines.size()) - 1);
        int begin = at;
        while (begin > 0 && !lines.get(begin).startsWith("- ")) {
            begin--;
        }
        int end = at + 1;
        while (end < lines.size() && !lines.get(end).startsWith("- ")) {
            end++;
        }
        return String.join("\n", lines.subList(begin, Math.max(end, begin))).stripTrailing();
    }

    private static List<Part> steps(RouteDefinition route) {
        List<Part> parts = new ArrayList<>();
        for (ProcessorDefinition<?> output : route.getOutputs()) {
            List<String> calls = new ArrayList<>();
            if (output instanceof ToDefinition to) {
                calls.add(uri(to));
            }
            ProcessorDefinitionHelper.filterTypeInOutputs(output.getOutputs(), ToDefinition.class)
                    .forEach(to -> calls.add(uri(to)));
            String name = output instanceof StepDefinition ? output.getId() : output.getShortName();
            parts.add(new Part(name, calls));
        }
        return parts;
    }

    private static String uri(ToDefinition to) {
        return URISupport.sanitizeUri(to.getEndpointUri()).replaceFirst("\\?.*", "");
    }
}
