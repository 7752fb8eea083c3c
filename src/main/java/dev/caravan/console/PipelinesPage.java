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
 * All pipelines, filtered.
 *
 * @param tags all tags, for the filter
 * @param all how many pipelines there are without the filter
 */
record PipelinesPage(
        Filter filter,
        List<PipelineRow> pipelines,
        List<Broken> broken,
        @JsonIgnore List<String> tags,
        int all,
        Instant now) {

    /**
     * The filter, as in the address.
     *
     * @param text words that name, description or tag contain; a word after a minus is excluded
     * @param tag or empty
     * @param show all, attention, running, paused, scheduled or on-demand
     */
    record Filter(String text, String tag, String show) {

        static final List<String> SHOWS = List.of("all", "attention", "running", "paused", "scheduled", "on-demand");

        private boolean matches(PipelineRow row) {
            String words = (row.pipeline() + " " + row.description() + " " + row.tags()).toLowerCase(Locale.ROOT);
            for (String word : text.toLowerCase(Locale.ROOT).split("\\s+", -1)) {
                boolean excluded = word.length() > 1 && word.startsWith("-");
                if (words.contains(excluded ? word.substring(1) : word) == excluded) {
                    return false;
                }
            }
            return (tag.isEmpty() || row.tags().contains(tag)) && shown().test(row);
        }

        private Predicate<PipelineRow> shown() {
            return switch (show) {
                case "attention" -> PipelineRow::needsAttention;
                case "running" -> row -> row.lastRun() != null && row.lastRun().live();
                case "paused" -> PipelineRow::paused;
                case "scheduled" -> row -> row.schedule() != null;
                case "on-demand" -> row -> row.schedule() == null;
                default -> row -> true;
            };
        }
    }

    /** A route file with a mistake, whose pipelines do not run. */
    record Broken(String file, List<String> pipelines, String error) {}

    static PipelinesPage of(Data data, Filter filter) {
        List<Pipeline> all = data.pipelines().list();
        Map<String, List<RunView>> recent =
                data.recent(all.stream().map(Pipeline::name).toList());
        Map<String, Usual> usual = data.usual(recent.keySet());
        List<PipelineRow> rows = all.stream()
                .map(pipeline -> PipelineRow.of(
                        pipeline, recent.getOrDefault(pipeline.name(), List.of()), usual.get(pipeline.name())))
                .filter(filter::matches)
                .toList();
        return new PipelinesPage(
                filter,
                rows,
                broken(data),
                all.stream()
                        .flatMap(each -> each.tags().stream())
                        .distinct()
                        .sorted()
                        .toList(),
                all.size(),
                data.now());
    }

    static List<Broken> broken(Data data) {
        return data.broken().mistakes().stream()
                .map(mistake -> new Broken(mistake.file(), data.broken().pipelines(mistake), mistake.getMessage()))
                .toList();
    }
}
