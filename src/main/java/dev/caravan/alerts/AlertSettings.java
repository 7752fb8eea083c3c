package dev.caravan.alerts;

import dev.caravan.run.Durations;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.apache.camel.CamelContext;

/** The settings {@code alerts.RULE}, and {@code alerts.RULE.PIPELINE} for one pipeline. A rule that is blank is off. */
final class AlertSettings {

    private final CamelContext context;

    AlertSettings(CamelContext context) {
        this.context = context;
    }

    Optional<Duration> duration(String rule, String pipeline, String otherwise) {
        return value(rule, pipeline, otherwise, text -> Durations.positive("alerts." + rule, text));
    }

    Optional<Double> number(String rule, String pipeline, String otherwise) {
        return value(rule, pipeline, otherwise, Double::valueOf);
    }

    boolean isOn(String rule, String pipeline, String otherwise) {
        return value(rule, pipeline, otherwise, Boolean::valueOf).orElse(false);
    }

    /** Returns the address of the console; empty if it is off. */
    Optional<String> console() {
        return setting("console.url")
                .or(() -> setting("console.enabled").filter("true"::equals).flatMap(on -> setting("console.host")
                        .flatMap(host -> setting("console.port").map(port -> "http://" + host + ":" + port))));
    }

    private Optional<String> setting(String key) {
        return context.getPropertiesComponent()
                .resolveProperty(key)
                .map(String::strip)
                .filter(value -> !value.isEmpty());
    }

    Optional<String> text(String name) {
        return value(name, null, "", text -> text);
    }

    private <T> Optional<T> value(String rule, String pipeline, String otherwise, Function<String, T> parse) {
        String key = "alerts." + rule;
        String text = Optional.ofNullable(pipeline)
                .flatMap(name -> context.getPropertiesComponent().resolveProperty(key + "." + name))
                .or(() -> context.getPropertiesComponent().resolveProperty(key))
                .orElse(otherwise)
                .strip();
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(parse.apply(text));
        } catch (NumberFormatException e) {
            throw new UsageException(key + " must be a number, not " + text, e);
        }
    }
}
