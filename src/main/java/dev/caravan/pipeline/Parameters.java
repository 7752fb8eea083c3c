package dev.caravan.pipeline;

import dev.caravan.run.UsageException;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.apache.camel.support.DefaultExchange;

/** The parameters that a pipeline declares, and the condition that their values must meet. */
final class Parameters {

    private final CamelContext context;
    private final String pipeline;
    private final List<Parameter> declared;
    private final String condition;
    private final Predicate predicate;

    /**
     * @param declarations TYPE, TYPE? or TYPE:DEFAULT by name
     * @param condition a Simple predicate over the values as variables, or null
     */
    Parameters(CamelContext context, String pipeline, Map<String, Object> declarations, String condition) {
        this.context = context;
        this.pipeline = pipeline;
        this.declared = new TreeMap<>(declarations)
                .entrySet().stream()
                        .map(entry -> Parameter.parse(
                                pipeline, entry.getKey(), entry.getValue().toString()))
                        .toList();
        this.condition = condition;
        this.predicate = condition == null ? null : predicate(condition);
    }

    private Predicate predicate(String text) {
        try {
            Predicate parsed = context.resolveLanguage("simple").createPredicate(text);
            parsed.init(context);
            return parsed;
        } catch (RuntimeException e) {
            throw new UsageException(
                    "Pipeline " + pipeline + " has an invalid Simple predicate in require, '" + text + "': "
                            + e.getMessage(),
                    e);
        }
    }

    List<Parameter> declared() {
        return declared;
    }

    /**
     * Returns the values of a run.
     *
     * @param given as the user wrote them
     * @param clock the clock, in the pipeline's time zone
     * @throws UsageException if one is unknown, missing or malformed, or if they do not meet the condition
     */
    Map<String, Object> resolve(Map<String, String> given, Clock clock) {
        for (String name : given.keySet()) {
            if (declared.stream().noneMatch(parameter -> parameter.name().equals(name))) {
                throw new UsageException("Pipeline " + pipeline + " has no parameter " + name + ". " + valid());
            }
        }
        Map<String, Object> values = new TreeMap<>();
        for (Parameter parameter : declared) {
            String text = given.getOrDefault(parameter.name(), parameter.defaultValue());
            if (text != null) {
                values.put(parameter.name(), parameter.value(pipeline, text, LocalDate.now(clock)));
            } else if (parameter.required()) {
                throw new UsageException(
                        "Pipeline " + pipeline + " needs parameter " + parameter.name() + ". " + valid());
            }
        }
        if (predicate != null && !holds(values)) {
            throw new UsageException("Pipeline " + pipeline + " requires " + condition + ", which does not hold for "
                    + values.entrySet().stream().map(Object::toString).collect(Collectors.joining(", ")));
        }
        return values;
    }

    private boolean holds(Map<String, Object> values) {
        Exchange exchange = new DefaultExchange(context);
        values.forEach(exchange::setVariable);
        return predicate.matches(exchange);
    }

    private String valid() {
        return declared.isEmpty()
                ? "It takes none"
                : "It takes: " + declared.stream().map(Parameter::toString).collect(Collectors.joining(", "));
    }

    /** Values as text that parses to the same values again. */
    static Map<String, String> text(Map<String, Object> values) {
        return values.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        entry -> entry.getValue() instanceof BigDecimal number
                                ? number.toPlainString()
                                : entry.getValue().toString()));
    }
}
