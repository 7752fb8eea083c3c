package dev.caravan.console;

import dev.caravan.run.Deadline;
import dev.caravan.run.PermanentException;
import dev.caravan.warehouse.QueryResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A query on the warehouse, and its result.
 *
 * @param sql or empty
 * @param error why it failed, or null
 * @param more whether there are more rows than shown
 */
record SqlPage(String sql, List<String> columns, List<List<String>> rows, boolean more, String error) {

    /** Below the time after which an idle connection is closed. Loads of DuckDB wait meanwhile. */
    static final Duration LIMIT = Duration.ofSeconds(45);

    private static final int MOST = 500;
    private static final int LONGEST = 2_000;

    static SqlPage empty() {
        return new SqlPage("", List.of(), List.of(), false, null);
    }

    static SqlPage failed(String sql, String reason) {
        return new SqlPage(sql, List.of(), List.of(), false, reason);
    }

    /**
     * Runs a query.
     *
     * @param limit after which it is cancelled
     */
    static SqlPage of(Data data, String sql, Duration limit) {
        try (Deadline deadline = new Deadline(limit, "console", "sql")) {
            try (QueryResult result = data.warehouse().warehouse().query(sql, deadline)) {
                List<List<String>> rows = new ArrayList<>();
                while (rows.size() < MOST && result.hasNext()) {
                    rows.add(result.next().stream().map(SqlPage::text).toList());
                }
                return new SqlPage(sql, result.columns(), rows, result.hasNext(), null);
            } catch (RuntimeException e) {
                if (deadline.isOver()) {
                    throw new PermanentException(
                            "The query took longer than " + limit.toSeconds()
                                    + " s, or waited so long for a load, and was cancelled: caravan sql has no limit",
                            e);
                }
                throw e;
            }
        }
    }

    private static String text(Object value) {
        String text = value == null ? "–" : String.valueOf(value);
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "…";
    }
}
