package dev.caravan.routes;

import dev.caravan.run.Suggestion;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.util.StringHelper;

/** Checks the options of endpoints against the catalog: names, numbers, durations and choices. */
final class OptionCheck {

    private static final Pattern FUNCTION = Pattern.compile("\\{\\{[^}]*[:?{]");
    private static final Pattern IN_URI = Pattern.compile("[&%#=?+]");
    private static final Pattern NO_UNIT = Pattern.compile("\\d+");

    private final CamelContext context;
    private final Catalog catalog;

    OptionCheck(CamelContext context, Catalog catalog) {
        this.context = context;
        this.catalog = catalog;
    }

    /**
     * Checks the options of an endpoint.
     *
     * @throws RouteMistake if one is unknown, has no value or an invalid one
     */
    void check(String file, YamlEndpoint endpoint) {
        Optional<Catalog.Component> component = catalog.component(scheme(endpoint));
        if (component.isEmpty()) {
            return;
        }
        for (YamlOption option : endpoint.options()) {
            if (!component.get().accepts(option.name()) && !option.name().contains("{{")) {
                String hint = Suggestion.didYouMean(
                        option.name(), component.get().options().keySet());
                throw new RouteMistake(
                        file,
                        option.line(),
                        scheme(endpoint) + " has no option " + option.name()
                                + (hint.isEmpty() && option.value() == null
                                        ? ". If it is part of the value before it, quote that value: it contains a comma"
                                        : hint));
            }
            if (endpoint.parameters() != null && IN_URI.matcher(option.name()).find()) {
                throw new RouteMistake(
                        file, option.line(), "option name " + option.name() + " must not contain & % # = ? +");
            }
            if (option.value() == null
                    || (option.value().isBlank() && component.get().own())) {
                throw new RouteMistake(
                        file, option.line(), option.name() + " has no value: add one, or remove the line");
            }
            mistake(endpoint, option, endpoint.isTemplate() ? UnaryOperator.identity() : this::resolve)
                    .ifPresent(mistake -> {
                        throw new RouteMistake(file, option.line(), mistake);
                    });
        }
    }

    /** Returns what is wrong with the value of an option, after its placeholders have been replaced. */
    Optional<String> mistake(YamlEndpoint endpoint, YamlOption option, UnaryOperator<String> placeholders) {
        Catalog.Component component = catalog.component(scheme(endpoint)).orElse(null);
        Catalog.Option known =
                component == null ? null : component.option(option.name()).orElse(null);
        if (known == null || option.value() == null) {
            return Optional.empty();
        }
        String value = placeholders.apply(option.value());
        if (value == null || value.contains("{{") || value.startsWith("#") || value.startsWith("RAW")) {
            return Optional.empty(); // left to Camel
        }
        return mistake(known, component.own(), option.name(), value.strip());
    }

    /** Returns what is wrong with the value of a Kamelet's property. */
    Optional<String> mistake(Catalog.Option property, YamlOption option, YamlEndpoint endpoint) {
        String value = endpoint.isTemplate() ? option.value() : resolve(option.value());
        return value == null || value.contains("{{") || value.startsWith("#") || value.startsWith("RAW")
                ? Optional.empty() // left to Camel
                : mistake(property, false, option.name(), value.strip());
    }

    /** Returns what is wrong with a value. */
    Optional<String> mistake(Catalog.Option option, boolean own, String name, String value) {
        String expected =
                switch (option.type()) {
                    case "boolean" -> value.matches("(?i)true|false") ? null : "true or false";
                    case "integer" -> converts(Long.class, value) ? null : "a whole number";
                    case "number" -> converts(Double.class, value) ? null : "a number";
                    case "enum" -> isChoice(option.choices(), value) ? null : either(option.choices());
                    case "duration" -> converts(Duration.class, value) ? null : "a duration such as 30s, 10m or 2h";
                    default -> null;
                };
        if (expected != null) {
            return Optional.of(name + " must be " + expected + ", not '" + value + "'"
                    + Suggestion.didYouMean(value, option.choices()));
        }
        if (own && option.type().equals("duration") && NO_UNIT.matcher(value).matches() && !value.matches("0+")) {
            return Optional.of(
                    name + ": " + value + " has no unit: write " + value + "s, " + value + "m or " + value + "h");
        }
        return Optional.empty();
    }

    /** Compares like Camel: ignoring case, with or without dashes. */
    private static boolean isChoice(List<String> choices, String value) {
        String plain = plain(value);
        return choices.isEmpty()
                || choices.stream().anyMatch(choice -> plain(choice).equals(plain));
    }

    private static String plain(String choice) {
        return choice.replaceAll("[-_]", "").toLowerCase(Locale.ROOT);
    }

    private static String either(List<String> choices) {
        int last = choices.size() - 1;
        return last < 1
                ? String.join("", choices)
                : String.join(", ", choices.subList(0, last)) + " or " + choices.get(last);
    }

    private boolean converts(Class<?> type, String value) {
        try {
            return context.getTypeConverter().tryConvertTo(type, value) != null;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** Returns the scheme of an endpoint, whose address may be a placeholder. */
    private String scheme(YamlEndpoint endpoint) {
        if (!endpoint.address().startsWith("{{")) {
            return endpoint.scheme();
        }
        String address = endpoint.isTemplate() ? null : resolve(endpoint.address());
        return address == null ? "" : StringHelper.before(address, ":", address);
    }

    /** Resolves placeholders; returns null if one is unknown or calls a property function, which may return a secret. */
    private String resolve(String text) {
        if (!text.contains("{{")) {
            return text;
        } else if (FUNCTION.matcher(text).find()) {
            return null;
        }
        try {
            String raw = text;
            for (int depth = 0; depth < 10 && raw.contains("{{"); depth++) {
                String key = StringHelper.between(raw, "{{", "}}");
                String value = key == null
                        ? null
                        : context.getPropertiesComponent().loadProperties().getProperty(key.strip());
                if (value == null) {
                    return null;
                }
                raw = raw.replace("{{" + key + "}}", value);
                if (FUNCTION.matcher(raw).find()) {
                    return null;
                }
            }
            return context.resolvePropertyPlaceholders(text);
        } catch (RuntimeException e) {
            return null;
        }
    }
}
