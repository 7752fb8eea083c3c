package dev.caravan.console;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.caravan.pipeline.Pipeline;
import dev.caravan.pipeline.ledger.Usual;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Pipelines by name, filtered.
 *
 * @param tags all tags, for the filter
 * @param matching how many pipelines the filter has
 * @param all how many there are without it
 * @param more whether there are more than shown
 */
record PipelinesPage(
        Filter filter,
        List<PipelineRow> pipelines,
        List<Broken> broken,
        @JsonIgnore List<String> tags,
        int matching,
        int all,
        boolean more,
        Instant now) {

    static final int PAGE = 100;
    private static final int MOST = 1_000;

    /**
     * The filter, as in the address.
     *
     * @param text words that name, description or tag contain; a word after a minus is excluded
     * @param tag or empty
     * @param show all, attention, running, paused, scheduled or on-demand
     * @param after the name of the last pipeline of the page before, or empty
     * @param limit how many at most, or null for all
     */
    record Filter(String text, String tag, String show, String after, Integer limit) {

        static final List<String> SHOWS = List.of("all", "attention", "running", "paused", "scheduled", "on-demand");

        private boolean matches(Pipeline pipeline) {
            String words =
                    (pipeline.name() + " " + pipeline.description() + " " + pipeline.tags()).toLowerCase(Locale.ROOT);
            for (String word : text.toLowerCase(Locale.ROOT).split("\\s+", -1)) {
                boolean excluded = word.length() > 1 && word.startsWith("-");
                if (words.contains(excluded ? word.substring(1) : word) == excluded) {
                    return false;
                }
            }
            return (tag.isEmpty() || pipeline.tags().contains(tag)) && shown().test(pipeline);
        }

        private Predicate<Pipeline> shown() {
            return switch (show) {
                case "attention" -> Filter::needsAttention;
                case "running" ->
                    pipeline -> pipeline.lastRun() != null
                            && pipeline.lastRun().state().live();
                case "paused" -> Pipeline::paused;
                case "scheduled" -> pipeline -> pipeline.schedule() != null;
                case "on-demand" -> pipeline -> pipeline.schedule() == null;
                default -> pipeline -> true;
            };
        }

        private static boolean needsAttention(Pipeline pipeline) {
            return !pipeline.missed().isEmpty()
                    || (pipeline.lastRun() != null
                            && RunView.needsAttention(pipeline.lastRun().state()));
        }
    }

    /** A route file with a mistake, whose pipelines do not run. */
    record Broken(String file, List<String> pipelines, String error) {}

    static PipelinesPage of(Data data, Filter filter) {
        List<Pipeline> all = data.pipelines().list();
        List<Pipeline> matching = all.stream().filter(filter::matches).toList();
        List<Pipeline> rest = matching.stream()
                .filter(pipeline -> pipeline.name().compareTo(filter.after()) > 0)
                .toList();
        int limit = filter.limit() == null ? rest.size() : Math.max(1, Math.min(MOST, filter.limit()));
        List<Pipeline> shown = rest.subList(0, Math.min(limit, rest.size()));
        // only of those that are shown: their runs are most of the work
        List<String> names = shown.stream().map(Pipeline::name).toList();
        Map<String, List<RunView>> recent = data.recent(names);
        Map<String, Usual> usual = data.usual(recent.keySet());
        return new PipelinesPage(
                filter,
                shown.stream()
                        .map(pipeline -> PipelineRow.of(
                                pipeline, recent.getOrDefault(pipeline.name(), List.of()), usual.get(pipeline.name())))
                        .toList(),
                broken(data),
                all.stream()
                        .flatMap(each -> each.tags().stream())
                        .distinct()
                        .sorted()
                        .toList(),
                matching.size(),
                all.size(),
                rest.size() > limit,
                data.now());
    }

    static List<Broken> broken(Data data) {
        return data.broken().mistakes().stream()
                .map(mistake -> new Broken(mistake.file(), data.broken().pipelines(mistake), mistake.getMessage()))
                .toList();
    }
}
