package dev.caravan.console;

import java.util.List;

/** The menu of all pages. */
final class Menu {

    static final List<Entry> ENTRIES = List.of(
            new Entry("Home", "/", List.of("home")),
            new Entry("Pipelines", "/pipelines", List.of("pipelines", "pipeline")),
            new Entry("Runs", "/runs", List.of("runs", "run", "log")),
            new Entry("Backfill", "/backfill", List.of("backfill")),
            new Entry("Alerts", "/alerts", List.of("alerts")),
            new Entry("Logs", "/logs", List.of("logs")),
            new Entry("Nodes", "/nodes", List.of("nodes")),
            new Entry("SQL", "/sql", List.of("sql")));

    private Menu() {}

    /**
     * @param pages the templates that belong to it
     */
    record Entry(String name, String path, List<String> pages) {

        boolean isCurrent(View view) {
            return pages.contains(view.section());
        }
    }
}
