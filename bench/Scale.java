package bench;

import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;

/** What grows with the rows, the pipelines and the runs. */
final class Scale {

    private Scale() {}

    static void measure() throws Exception {
        rows();
        Crowd.measure();
        Ledger.measure();
    }

    /** The narrow table several times over: time should grow with it, memory should not. */
    private static void rows() throws Exception {
        List<Integer> times = Arrays.stream(System.getProperty("times", "1,4,10").split(","))
                .map(Integer::valueOf)
                .toList();
        Bench.say("%n== replace of %,d rows, %s times over, -Xmx256m ==", Bench.ROWS, times);
        try (Source source = new Source()) {
            source.make(SourceTable.NARROW);
            CaravanPeer caravan = new CaravanPeer(source, List.of());
            for (int factor : times) {
                // the server makes the rows, so that no disk has to hold them
                String query = "SELECT id + n * " + Bench.ROWS + " AS id, quantity, amount, product, changed_at"
                        + " FROM generate_series(0, " + (factor - 1) + ") AS n, bench.narrow";
                Files.writeString(
                        Home.PATH.resolve("routes/scale.yaml"),
                        """
                        - route:
                            id: scale
                            from:
                              uri: pipeline:scale
                              steps:
                                - setBody:
                                    constant: %s
                                - to: jdbc:postgres?outputType=StreamList
                                - to: warehouse:scale.bench.rows?mode=replace&cursor=changed_at
                        """
                                .formatted(query));
                Files.deleteIfExists(CaravanPeer.DIRECTORY.resolve("scale.duckdb"));
                long rows = factor * Bench.ROWS;
                double copy = source.copy(query, "FORMAT text", rows);
                Command run = new Command(caravan.environment(), "run", "scale");
                Bench.expect(run.result.get("rows").longValue() == rows, "rows " + run.result);
                Bench.say(
                        "%,d rows: run %.1f s (%,.0f rows/s), COPY as text %.1f s; CPU %.1f s; %s",
                        rows,
                        run.duration(),
                        rows / run.duration(),
                        copy,
                        run.cpu,
                        run.memory());
            }
        } finally {
            Files.deleteIfExists(Home.PATH.resolve("routes/scale.yaml"));
            Files.deleteIfExists(CaravanPeer.DIRECTORY.resolve("scale.duckdb"));
        }
    }
}
