package dev.caravan.alerts;

import dev.caravan.run.Durations;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.camel.CamelContext;

/** The settings {@code alerts.RULE}, and {@code alerts.RULE.PIPELINE} for one pipeline. A rule that is blank is off. */
final class AlertSettings {

    /** The rules by name: default and meaning. */
    private static final Map<String, List<String>> RULES = new LinkedHashMap<>();

    static {
        RULES.put(AlertRules.FAILED, List.of("true", "A run has failed after all retries"));
        RULES.put(AlertRules.CRASHED, List.of("true", "The process of a run has ended"));
        RULES.put(AlertRules.OVERDUE, List.of("5m", "A slot has no run for so long, or was missed"));
        RULES.put(AlertRules.STUCK, List.of("1h", "A run has been waiting to start for so long"));
        RULES.put(AlertRules.FAILURES, List.of("", "So many runs have failed or crashed within a time"));
        RULES.put("rows-minimum", List.of("", "The last run loaded fewer rows"));
        RULES.put("rows-range", List.of("", "Its rows differ from the median of the same weekday by so many percent"));
        RULES.put("duration-factor", List.of("", "A run takes so many times longer than usual"));
        RULES.put(AlertRules.FRESHNESS, List.of("", "The last load of a table was so long ago"));
        RULES.put(AlertRules.QUOTA, List.of("", "An API accepts so few further requests"));
        RULES.put("schema-change", List.of("false", "A load has changed the columns of a table"));
        RULES.put("reminder", List.of("", "An open incident is told again after so long"));
    }

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

    /** How long ago the last load of a table can be; its own setting precedes those of its pipeline and of all. */
    Optional<Duration> freshness(String table, String pipeline) {
        boolean own =
                setting("alerts." + AlertRules.FRESHNESS + "." + table, true).isPresent();
        return duration(AlertRules.FRESHNESS, own ? table : pipeline, "");
    }

    Optional<QuotaLimit> quota(String rule, String api) {
        return value(rule, api, "", QuotaLimit::of);
    }

    boolean isOn(String rule, String pipeline, String otherwise) {
        return value(rule, pipeline, otherwise, Boolean::valueOf).orElse(false);
    }

    /** Returns the rules, and their values in force. */
    List<RuleInForce> rules() {
        Properties all = context.getPropertiesComponent().loadProperties(name -> name.startsWith("alerts."));
        List<RuleInForce> rules = new ArrayList<>();
        RULES.forEach((rule, about) -> {
            Map<String, String> own = new TreeMap<>();
            String prefix = "alerts." + rule + ".";
            all.stringPropertyNames().stream()
                    .filter(name -> name.startsWith(prefix))
                    .forEach(name ->
                            setting(name, true).ifPresent(value -> own.put(name.substring(prefix.length()), value)));
            rules.add(new RuleInForce(rule, setting("alerts." + rule, true).orElse(about.get(0)), own, about.get(1)));
        });
        return rules;
    }

    /** Returns the address of the console; empty if it is off. */
    Optional<String> console() {
        return setting("console.url")
                .or(() -> setting("console.enabled").filter("true"::equals).flatMap(on -> setting("console.host")
                        .flatMap(host -> setting("console.port").map(port -> "http://" + host + ":" + port))));
    }

    private Optional<String> setting(String key) {
        return setting(key, false);
    }

    /**
     * @param blank whether a blank value is one
     */
    private Optional<String> setting(String key, boolean blank) {
        return context.getPropertiesComponent()
                .resolveProperty(key)
                .map(String::strip)
                .filter(value -> blank || !value.isEmpty());
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
