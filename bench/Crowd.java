package bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Many pipelines with one cron in one process of {@code serve}: how long after its slot a run begins. */
final class Crowd {

    private Crowd() {}

    static void measure() throws Exception {
        measure(Integer.getInteger("pipelines", 1000), "0/10 * * * * ?", Integer.getInteger("slots", 8), "a log line", "- log: at work");
        measure(
                Integer.getInteger("pipelines", 1000) / 5,
                "0 * * * * ?",
                3,
                "a load of a row",
                "- setBody:\n            constant: '[{\"id\": 1, \"name\": \"one\"}]'\n"
                        + "        - to: warehouse:crowd.bench.%s?mode=replace");
    }

    /**
     * Runs them for some slots.
     *
     * @param step a step of the route; {@code %s} is the pipeline's name
     */
    private static void measure(int pipelines, String cron, int slots, String what, String step) throws Exception {
        Bench.say("%n== serve with %,d pipelines, each with %s, all due at %s ==", pipelines, what, cron);
        Path routes = Files.createDirectories(Home.PATH.resolve("routes/crowd"));
        Path directory = Home.PATH.resolve("data/crowd");
        Home.delete(directory);
        Files.createDirectories(directory);
        for (int i = 0; i < pipelines; i++) {
            String name = "crowd_%04d".formatted(i);
            Files.writeString(
                    routes.resolve(name + ".yaml"),
                    """
                    - route:
                        id: %1$s
                        from:
                          uri: pipeline:%1$s?cron=%3$s
                          steps:
                            %2$s
                    """
                            .formatted(name, step.formatted(name), cron));
        }
        Path ledger = directory.resolve("ledger.db");
        try {
            Path output = directory.resolve("serve.out");
            Watched serve = new Watched(
                    Home.PATH,
                    Map.of(
                            "LEDGER_URL", "jdbc:sqlite:" + ledger,
                            "WAREHOUSE_DIRECTORY", directory.toString(),
                            "CARAVAN_JAVA_OPTS", System.getProperty("caravan.opts", "-Xmx256m")),
                    List.of(Command.CARAVAN, "serve"),
                    output,
                    () -> slots(ledger, pipelines).size() >= slots);
            List<String> complete = slots(ledger, pipelines);
            Bench.expect(!complete.isEmpty(), "no slot is complete: " + Files.readString(Watched.errors(output)));
            for (String column : List.of("started", "finished")) {
                List<List<Double>> after = new ArrayList<>();
                for (String slot : complete) {
                    after.add(after(ledger, column, slot));
                }
                Bench.say(
                        "%s after the slot, p50 and p99: the first %.2f and %.2f s; median of the others %.2f and %.2f s",
                        column,
                        share(after.get(0), 0.5),
                        share(after.get(0), 0.99),
                        Bench.median(after.stream().skip(1).map(one -> share(one, 0.5)).toList()),
                        Bench.median(after.stream().skip(1).map(one -> share(one, 0.99)).toList()));
            }
            Bench.say(
                    "in %.0f s: CPU %.1f s; at most %,d MB, %d threads; runs by state: %s",
                    serve.wall, serve.cpu, serve.peakMegabytes(), serve.peakThreads(), states(ledger));
        } finally {
            Home.delete(routes);
        }
    }

    /** The slots that have been run to the end by all pipelines. */
    private static List<String> slots(Path ledger, int pipelines) {
        if (!Files.exists(ledger)) {
            return List.of();
        }
        try {
            return query(
                    ledger,
                    "SELECT slot FROM runs WHERE finished IS NOT NULL GROUP BY slot HAVING count(*) = " + pipelines + " ORDER BY slot");
        } catch (SQLException e) {
            return List.of(); // the tables are not there yet
        }
    }

    private static List<Double> after(Path ledger, String column, String slot) throws SQLException {
        return query(ledger, "SELECT (" + column + " - slot) / 1000.0 FROM runs WHERE slot = " + slot + " AND " + column
                        + " IS NOT NULL ORDER BY 1")
                .stream()
                .map(Double::valueOf)
                .toList();
    }

    private static double share(List<Double> sorted, double share) {
        return sorted.get((int) (sorted.size() * share));
    }

    private static List<String> states(Path ledger) throws SQLException {
        return query(ledger, "SELECT state || ' ' || count(*) FROM runs GROUP BY state");
    }

    private static List<String> query(Path ledger, String query) throws SQLException {
        List<String> values = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + ledger);
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(query)) {
            while (result.next()) {
                values.add(result.getString(1));
            }
        }
        return values;
    }
}
