package dev.caravan.console;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.caravan.pipeline.ledger.LogSearch;
import dev.caravan.run.UsageException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.slf4j.event.Level;

/**
 * Log lines of all runs, newest first.
 *
 * @param next where the next page begins; null if there is none
 * @param names all pipelines, for the filter
 */
record LogsPage(Filter filter, List<LogSearch.Found> lines, String next, @JsonIgnore List<String> names, Instant now) {

    static final int PAGE = 200;

    /**
     * The filter, as in the address; empty fields do not restrict.
     *
     * @param from where it begins, as the page before names it
     */
    record Filter(String text, String level, String pipeline, String since, String from) {

        static final List<String> LEVELS = List.of("info", "warn", "error");

        /** Returns a level by its name; null if it is empty. */
        static Level lowest(String level) {
            return level.isEmpty()
                    ? null
                    : Arrays.stream(Level.values())
                            .filter(each -> each.name().equals(level.toUpperCase(Locale.ROOT)))
                            .findFirst()
                            .orElseThrow(() -> new UsageException("Unknown level " + level + ". Use one of " + LEVELS));
        }
    }

    static LogsPage of(Data data, Filter filter) {
        LogSearch.Page page = data.ledger()
                .logSearch()
                .find(
                        new LogSearch.Filter(
                                filter.text().isEmpty() ? null : filter.text(),
                                Filter.lowest(filter.level()),
                                filter.pipeline().isEmpty() ? null : filter.pipeline(),
                                RunsPage.time(filter.since()),
                                null),
                        filter.from().isEmpty() ? null : filter.from(),
                        PAGE);
        return new LogsPage(
                filter, page.lines(), page.next(), List.copyOf(data.pipelines().names()), data.now());
    }
}
