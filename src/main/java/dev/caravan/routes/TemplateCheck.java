package dev.caravan.routes;

import dev.caravan.run.Suggestion;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks templated routes against their templates: parameters, and the option values that result. */
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
     * Checks a templated route. If its template is not in a route file, the check is left to Camel.
     *
     * @throws RouteMistake if a parameter is missing, unknown, or invalid for an option
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
                        file, route.line(), "route template " + template.id() + " requires the parameter " + required);
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

    /** Returns the URI at which a templated route begins; null if its template is not in a route file. */
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
