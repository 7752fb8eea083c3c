package bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the commands cost that ask a ledger of many runs, beside the same on an empty one. */
final class Ledger {

    private Ledger() {}

    static void measure() throws Exception {
        long runs = Long.getLong("runs", 1_000_000);
        int pipelines = Integer.getInteger("pipelines", 1000);
        Bench.say("%n== commands on a ledger of %,d runs of %,d pipelines ==", runs, pipelines);
        StringBuilder routes = new StringBuilder();
        for (int i = 0; i < pipelines; i++) {
            routes.append(
                    """
                    - route:
                        id: bench-%1$04d
                        from:
                          uri: pipeline:bench-%1$04d
                          parameters:
                            cron: "0 * * * *"
                          steps:
                            - to: warehouse:DLT.BENCH.T%1$04d?mode=append
                    """
                            .formatted(i));
        }
        Path file = Home.PATH.resolve("routes/bench.yaml");
        Files.writeString(file, routes);
        try {
            for (String size : List.of("empty", "full")) {
                Path ledger = Home.PATH.resolve("data/bench/" + size + ".db");
                Map<String, String> environment = Map.of("LEDGER_URL", "jdbc:sqlite:" + ledger);
                Files.deleteIfExists(ledger);
                new Command(environment, "ls");
                if (size.equals("full")) {
                    fill(ledger, runs, pipelines);
                }
                for (String command : List.of("ls", "runs ls", "runs ls --state failed,crashed", "verify")) {
                    List<Double> walls = new ArrayList<>();
                    for (int round = 1; round <= Bench.ROUNDS; round++) {
                        walls.add(new Command(environment, command.split(" ")).wall);
                    }
                    Bench.say("%s: %s, median %.2f s", size, command, Bench.median(walls));
                }
            }
        } finally {
            Files.delete(file);
        }
    }

    private static void fill(Path ledger, long runs, int pipelines) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + ledger);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous = OFF");
            statement.execute(
                    """
                    INSERT INTO runs (id, pipeline, slot, trigger, parameters, state, attempts, created, started, finished)
                    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %1$d - 1)
                    SELECT printf('%%011d', i), printf('bench-%%04d', i %% %2$d), i * 1000, 'schedule', '{}',
                        CASE WHEN i %% 1000 = 999 THEN 'failed' WHEN i %% 5000 = 4998 THEN 'crashed' ELSE 'completed' END,
                        1, now - (%1$d - i) * 7000, now - (%1$d - i) * 7000, now - (%1$d - i) * 7000 + 900
                    FROM n, (SELECT unixepoch() * 1000 AS now)
                    """
                            .formatted(runs, pipelines));
            statement.execute("INSERT INTO attempts (run, attempt, state, rows, bytes, started, finished)"
                    + " SELECT id, 1, state, 100, 1000, started, finished FROM runs");
            statement.execute("INSERT INTO steps (run, attempt, id, state, rows, bytes, started, finished)"
                    + " SELECT id, 1, 'load', state, 100, 1000, started, finished FROM runs");
        }
    }
}
