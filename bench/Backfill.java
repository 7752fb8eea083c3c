package bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** exchange-rates-backfill of 60 days, 100 ms a request. */
final class Backfill {

    private Backfill() {}

    static void measure() throws Exception {
        Bench.say("%n== exchange-rates-backfill of 60 days, 100 ms a request ==");
        // first one that does not count
        backfill(Map.of());
        Map<String, Map<String, String>> settings = new TreeMap<>();
        settings.put("as shipped", Map.of());
        settings.put("parallel-requests=2", Map.of("EXCHANGE_RATES_PARALLEL_REQUESTS", "2"));
        settings.put("requests-per-second=10", Map.of("EXCHANGE_RATES_REQUESTS_PER_SECOND", "10"));
        Map<String, List<Command>> commands = new TreeMap<>();
        for (int round = 1; round <= Bench.ROUNDS; round++) {
            for (String setting : settings.keySet()) {
                commands.computeIfAbsent(setting, key -> new ArrayList<>()).add(backfill(settings.get(setting)));
            }
        }
        commands.forEach((setting, runs) -> Bench.say(
                "%-24s run %.1f s (its requests %.1f s), process %.1f s",
                setting,
                Bench.median(runs.stream().map(Command::duration).toList()),
                Bench.median(runs.stream().map(run -> run.step("extract")).toList()),
                Bench.median(runs.stream().map(run -> run.wall).toList())));
        Bench.say("aim: 60 requests in under 3 s");
    }

    /** Each time into an empty bucket and an empty table. */
    private static Command backfill(Map<String, String> settings) throws Exception {
        Home.delete(Home.PATH.resolve("data/s3"));
        Home.delete(Home.PATH.resolve("data/warehouse/SNOWPIPE.duckdb"));
        Map<String, String> environment = new TreeMap<>(settings);
        environment.put("CARAVAN_JAVA_OPTS", "-Dcaravan.local.exchange-rates=slow:100ms");
        Command run = new Command(
                environment,
                "run",
                "exchange-rates-backfill",
                "-p",
                "start_date=2026-08-01",
                "-p",
                "end_date=2026-09-29");
        return run;
    }
}
