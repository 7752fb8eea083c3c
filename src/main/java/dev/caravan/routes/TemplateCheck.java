package dev.caravan.routes;

import dev.caravan.run.Suggestion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Holds routes that are made of templates against those: their parameters, and what these make of the options. */
final class TemplateCheck {

    private final OptionCheck options;
    private final Map<String, YamlTemplate> templates = new HashMap<>();

    TemplateCheck(OptionCheck options, List<RouteFile> files) {
        this.options = options;
        for (RouteFile file : files) {
            file.templates().forEach(template -> templates.putIfAbsent(template.id(), template));
        }
    }

    /**
     * Checks a route that is made of a template. One of a template that is not in a file is left to Camel.
     *
     * @throws RouteMistake if it lacks a parameter, has one that the template does not have, or one whose value the
     *     template's options cannot have
     */
    void check(String file, YamlTemplate route) {
        YamlTemplate template = templates.get(route.id());
        if (template == null) {
            return;
        }
        for (YamlOption parameter : route.parameters()) {
            if (template.parameter(parameter.name()) == null) {
                throw new RouteMistake(
                        file,
                        parameter.line(),
                        "route template " + template.id() + " has no parameter " + parameter.name()
                                + Suggestion.didYouMean(parameter.name(), template.names()));
            }
        }
        for (String required : template.required()) {
            if (route.parameter(required) == null) {
                throw new RouteMistake(
                        file, route.line(), "route template " + template.id() + " needs the parameter " + required);
            }
        }
        for (YamlEndpoint endpoint : template.endpoints()) {
            for (YamlOption option : endpoint.options()) {
                if (option.hasPlaceholder()) {
                    check(file, route, template, endpoint, option);
                }
            }
        }
    }

    /** Where the route of a template begins; null if the template is not in a file. */
    String begin(YamlTemplate route) {
        YamlTemplate template = templates.get(route.id());
        return template == null
                ? null
                : template.endpoints().stream()
                        .filter(endpoint -> endpoint.step().equals("from"))
                        .findFirst()
                        .map(endpoint -> template.fill(endpoint.address(), route))
                        .orElse(null);
    }

    private void check(
            String file, YamlTemplate route, YamlTemplate template, YamlEndpoint endpoint, YamlOption option) {
        Optional<String> mistake = options.mistake(endpoint, option, text -> template.fill(text, route));
        if (mistake.isPresent()) {
            int line = route.parameters().stream()
                    .filter(parameter -> option.value().contains("{{" + parameter.name()))
                    .map(YamlOption::line)
                    .findFirst()
                    .orElse(route.line());
            throw new RouteMistake(file, line, mistake.get());
        }
    }
}
