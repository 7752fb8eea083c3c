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

    private static final int SLOTS = Integer.getInteger("slots", 3);

    private Crowd() {}

    static void measure() throws Exception {
        measure(Integer.getInteger("pipelines", 1000), "a log line", "- log: at work");
        measure(
                Integer.getInteger("pipelines", 1000) / 5,
                "a load of a row",
                "- setBody:\n            constant: '[{\"id\": 1, \"name\": \"one\"}]'\n"
                        + "        - to: warehouse:crowd.bench.%s?mode=replace");
    }

    /**
     * Runs them for some minutes.
     *
     * @param step a step of the route; {@code %s} is the pipeline's name
     */
    private static void measure(int pipelines, String what, String step) throws Exception {
        Bench.say("%n== serve with %,d pipelines, each with %s, all due every minute ==", pipelines, what);
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
                          uri: pipeline:%1$s?cron=* * * * *
                          steps:
                            %2$s
                    """
                            .formatted(name, step.formatted(name)));
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
                    () -> slots(ledger, pipelines) >= SLOTS);
            for (String column : List.of("started", "finished")) {
                List<Double> after = after(ledger, column);
                Bench.expect(!after.isEmpty(), "no run completed: " + Files.readString(Watched.errors(output)));
                Bench.say(
                        "%s after the slot: p50 %.2f s, p99 %.2f s, last %.2f s (%,d runs)",
                        column,
                        after.get(after.size() / 2),
                        after.get(after.size() * 99 / 100),
                        after.get(after.size() - 1),
                        after.size());
            }
            Bench.say(
                    "in %.0f s: CPU %.1f s; at most %,d MB, %d threads; runs by state: %s",
                    serve.wall, serve.cpu, serve.peakMegabytes(), serve.peakThreads(), states(ledger));
        } finally {
            Home.delete(routes);
        }
    }

    /** How many slots have been run to the end by all pipelines. */
    private static int slots(Path ledger, int pipelines) {
        if (!Files.exists(ledger)) {
            return 0;
        }
        try {
            return query(
                            ledger,
                            "SELECT slot FROM runs WHERE finished IS NOT NULL GROUP BY slot HAVING count(*) = " + pipelines)
                    .size();
        } catch (SQLException e) {
            return 0; // the tables are not there yet
        }
    }

    private static List<Double> after(Path ledger, String column) throws SQLException {
        return query(ledger, "SELECT (" + column + " - slot) / 1000.0 FROM runs WHERE " + column + " IS NOT NULL ORDER BY 1")
                .stream()
                .map(Double::valueOf)
                .toList();
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
