package bench;

import dev.caravan.pipeline.ledger.LedgerBench;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the commands cost that ask a ledger of many runs, beside the same on an empty one. */
final class Ledger {

    private Ledger() {}

    static void measure() throws Exception {
        long runs = Long.getLong("runs", 1_000_000);
        int pipelines = Integer.getInteger("pipelines", 500);
        Bench.say("%n== commands on a ledger of %,d runs of %,d pipelines ==", runs, pipelines);
        StringBuilder routes = new StringBuilder();
        for (int i = 0; i < pipelines; i++) {
            routes.append(
                    """
                    - route:
                        id: %1$s
                        from:
                          uri: pipeline:%1$s
                          parameters:
                            cron: "0 * * * *"
                          steps:
                            - to: warehouse:DLT.BENCH.T%2$04d?mode=append
                    """
                            .formatted(LedgerBench.pipeline(i), i));
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
                    LedgerBench.fill("jdbc:sqlite:" + ledger, null, runs, pipelines);
                }
                for (String command : List.of("ls", "runs ls", "runs ls --state failed,crashed", "verify")) {
                    List<Double> walls = new ArrayList<>();
                    for (int round = 1; round <= Bench.ROUNDS; round++) {
                        walls.add(new Command(environment, command.split(" ")).wall);
                    }
                    Bench.say("%s: %s, median %.2f s", size, command, Bench.median(walls));
                }
                if (size.equals("full")) {
                    LedgerBench.questions("jdbc:sqlite:" + ledger, null, pipelines)
                            .forEach((question, time) ->
                                    Bench.say("in process: %s: %.1f ms, CPU %.1f ms", question, time.wall(), time.cpu()));
                    Pages.measure(environment, List.of("/", "/pipelines", "/pipelines/" + LedgerBench.pipeline(7), "/runs", "/nodes"));
                }
            }
        } finally {
            Files.delete(file);
        }
    }
}
