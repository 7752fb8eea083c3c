package dev.caravan.console;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.caravan.pipeline.ledger.RunState;
import dev.caravan.run.Times;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Runs, newest first.
 *
 * @param names all pipelines, for the filter
 * @param more whether there are more than shown
 */
record RunsPage(Filter filter, List<RunView> runs, @JsonIgnore List<String> names, boolean more, Instant now) {

    static final int PAGE = 100;
    private static final int MOST = 1_000;

    /**
     * The filter, as in the address.
     *
     * @param pipeline or empty
     * @param state separated by commas, or empty
     * @param since a date, a time or a period such as 24h, or empty
     * @param before the id of the last run of the page before, or empty
     */
    record Filter(String pipeline, String state, String since, String before, int limit) {

        Set<RunState> states() {
            return Arrays.stream(state.split(",", -1))
                    .filter(name -> !name.isBlank())
                    .map(RunState::parse)
                    .collect(Collectors.toSet());
        }

        /** Returns the command that lists the same. */
        String command() {
            return "caravan runs ls"
                    + (pipeline.isEmpty() ? "" : " --pipeline " + Words.shell(pipeline))
                    + (state.isEmpty() ? "" : " --state " + Words.shell(state))
                    + (since.isEmpty() ? "" : " --since " + Words.shell(since));
        }
    }

    /** Parses a date, a time or a period before now; null if it is empty. */
    static Instant time(String text) {
        return text.isBlank() ? null : Times.since("time", text);
    }

    static RunsPage of(Data data, Filter filter) {
        int limit = Math.max(1, Math.min(MOST, filter.limit()));
        String before = filter.before().isEmpty() ? null : filter.before();
        List<RunView> runs = data.runs(
                filter.pipeline().isEmpty() ? null : filter.pipeline(),
                filter.states(),
                time(filter.since()),
                before,
                limit + 1);
        boolean more = runs.size() > limit;
        return new RunsPage(
                filter,
                more ? runs.subList(0, limit) : runs,
                List.copyOf(data.pipelines().names()),
                more,
                data.now());
    }
}
