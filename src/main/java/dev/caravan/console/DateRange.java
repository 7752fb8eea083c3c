package dev.caravan.console;

import dev.caravan.pipeline.Parameter;
import dev.caravan.pipeline.Pipeline;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The two parameters of a pipeline that name the first and the last day to load.
 *
 * @param first the name of the parameter with the first day
 * @param last the name of the parameter with the last day
 */
record DateRange(String first, String last) {

    private static final List<String> FIRST = List.of("start_date", "start", "from_date", "from", "since");
    private static final List<String> LAST = List.of("end_date", "end", "to_date", "to", "until");

    /** Returns the range that a pipeline declares by parameters of the type date; empty if it does not. */
    static Optional<DateRange> of(Pipeline pipeline) {
        return parameter(pipeline, FIRST)
                .flatMap(first -> parameter(pipeline, LAST).map(last -> new DateRange(first, last)));
    }

    private static Optional<String> parameter(Pipeline pipeline, List<String> names) {
        return pipeline.parameters().stream()
                .filter(parameter -> parameter.type() == Parameter.Type.DATE)
                .map(Parameter::name)
                .filter(names::contains)
                .findFirst();
    }

    /** Returns the days of a run; empty if it has none. */
    Optional<Days> of(Map<String, String> parameters) {
        try {
            return parameters.get(first) == null || parameters.get(last) == null
                    ? Optional.empty()
                    : Optional.of(
                            new Days(LocalDate.parse(parameters.get(first)), LocalDate.parse(parameters.get(last))));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** Consecutive days, both ends included. */
    record Days(LocalDate first, LocalDate last) {

        boolean contains(LocalDate day) {
            return !day.isBefore(first) && !day.isAfter(last);
        }

        boolean overlaps(Days other) {
            return !other.first.isAfter(last) && !other.last.isBefore(first);
        }
    }
}
