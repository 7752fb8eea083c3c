package dev.caravan.alerts;

import dev.caravan.run.Durations;
import dev.caravan.run.Setting;
import dev.caravan.run.UsageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.BiFunction;
import org.apache.camel.CamelContext;

/** The settings {@code alerts.RULE}, and {@code alerts.RULE.PIPELINE} for one pipeline. A rule that is blank is off. */
final class AlertSettings {

    static final String ROWS_MINIMUM = "rows-minimum";
    static final String ROWS_RANGE = "rows-range";
    static final String DURATION_FACTOR = "duration-factor";
    static final String REMINDER = "reminder";

    /** The rules by name. */
    private static final Map<String, Rule<?>> RULES = new LinkedHashMap<>();

    /**
     * A rule.
     *
     * @param otherwise its default; blank if it is off
     * @param parse reads a value, given the name of the setting
     */
    private record Rule<T>(String otherwise, String meaning, BiFunction<String, String, T> parse) {}

    static {
        RULES.put(
                AlertRules.FAILED,
                new Rule<>("true", "A run has failed after all retries", AlertSettings::parseSwitch));
        RULES.put(AlertRules.CRASHED, new Rule<>("true", "The process of a run has ended", AlertSettings::parseSwitch));
        RULES.put(
                AlertRules.OVERDUE,
                new Rule<>("5m", "A slot has no run for so long, or was missed", Durations::positive));
        RULES.put(
                AlertRules.STUCK, new Rule<>("1h", "A run has been waiting to start for so long", Durations::positive));
        RULES.put(
                AlertRules.FAILURES,
                new Rule<>("", "So many runs have failed or crashed within a time", FailureCount::of));
        RULES.put(ROWS_MINIMUM, new Rule<>("", "The last run loaded fewer rows", AlertSettings::parseNumber));
        RULES.put(
                ROWS_RANGE,
                new Rule<>(
                        "",
                        "Its rows differ from the median of the same weekday by so many percent",
                        AlertSettings::parseNumber));
        RULES.put(
                DURATION_FACTOR,
                new Rule<>("", "A run takes so many times longer than usual", AlertSettings::parseNumber));
        RULES.put(
                AlertRules.FRESHNESS, new Rule<>("", "The last load of a table was so long ago", Durations::positive));
        RULES.put(AlertRules.QUOTA, new Rule<>("", "An API accepts so few further requests", QuotaLimit::of));
        RULES.put(
                AlertRules.SCHEMA_CHANGE,
                new Rule<>("false", "A load has changed the columns of a table", AlertSettings::parseSwitch));
        RULES.put(REMINDER, new Rule<>("", "An open incident is told again after so long", Durations::positive));
    }

    private final CamelContext context;

    AlertSettings(CamelContext context) {
        this.context = context;
    }

    /**
     * Requires that each rule can be read: one that cannot would find nothing.
     *
     * @throws UsageException if a setting is invalid
     */
    void validate() {
        rules().forEach(rule -> {
            parse("alerts." + rule.rule(), rule.rule(), rule.value());
            rule.own().forEach((name, value) -> parse("alerts." + rule.rule() + "." + name, rule.rule(), value));
        });
    }

    Optional<Duration> duration(String rule, String pipeline) {
        return value(rule, pipeline);
    }

    Optional<Double> number(String rule, String pipeline) {
        return value(rule, pipeline);
    }

    Optional<FailureCount> failures(String pipeline) {
        return value(AlertRules.FAILURES, pipeline);
    }

    /** How long ago the last load of a table can be; its own setting precedes those of its pipeline and of all. */
    Optional<Duration> freshness(String table, String pipeline) {
        boolean own = written("alerts." + AlertRules.FRESHNESS + "." + table).isPresent();
        return value(AlertRules.FRESHNESS, own ? table : pipeline);
    }

    Optional<QuotaLimit> quota(String api) {
        return value(AlertRules.QUOTA, api);
    }

    boolean isOn(String rule, String pipeline) {
        return this.<Boolean>value(rule, pipeline).orElse(false);
    }

    /** Returns the rules, and their values in force. */
    List<RuleInForce> rules() {
        Properties all = context.getPropertiesComponent().loadProperties(name -> name.startsWith("alerts."));
        List<RuleInForce> rules = new ArrayList<>();
        RULES.forEach((name, rule) -> {
            Map<String, String> own = new TreeMap<>();
            String prefix = "alerts." + name + ".";
            all.stringPropertyNames().stream()
                    .filter(key -> key.startsWith(prefix))
                    .forEach(key -> written(key).ifPresent(value -> own.put(key.substring(prefix.length()), value)));
            rules.add(new RuleInForce(name, written("alerts." + name).orElse(rule.otherwise()), own, rule.meaning()));
        });
        return rules;
    }

    /** Returns the address of the console; empty if it is off. */
    Optional<String> console() {
        return Setting.find(context, "console.url").or(() -> Setting.find(context, "console.enabled")
                .filter("true"::equals)
                .flatMap(on -> Setting.find(context, "console.host")
                        .flatMap(host ->
                                Setting.find(context, "console.port").map(port -> "http://" + host + ":" + port))));
    }

    /** Returns a setting, which may be blank. */
    private Optional<String> written(String key) {
        return Setting.written(context, key);
    }

    /** Its own value precedes that of all. */
    private <T> Optional<T> value(String rule, String name) {
        String key = "alerts." + rule;
        Optional<String> own = written(key + "." + name);
        return parse(
                own.isPresent() ? key + "." + name : key,
                rule,
                own.or(() -> written(key)).orElse(RULES.get(rule).otherwise()));
    }

    @SuppressWarnings("unchecked") // the callers know the type of the rule
    private static <T> Optional<T> parse(String key, String rule, String text) {
        return text.isEmpty()
                ? Optional.empty()
                : Optional.of((T) RULES.get(rule).parse().apply(key, text));
    }

    private static double parseNumber(String key, String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            throw new UsageException(key + " must be a number, not " + text, e);
        }
    }

    private static boolean parseSwitch(String key, String text) {
        if (!text.equalsIgnoreCase("true") && !text.equalsIgnoreCase("false")) {
            throw new UsageException(key + " must be true or false, not " + text);
        }
        return text.equalsIgnoreCase("true");
    }
}
