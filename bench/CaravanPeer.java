package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Caravan with a heap of 256 MB: one command for each load. */
final class CaravanPeer implements Peer {

    static final Path DIRECTORY = Peers.HOME.resolve("caravan");

    static final Path LEDGER = DIRECTORY.resolve("ledger.db");

    private final Source source;

    CaravanPeer(Source source, List<Load> loads) throws IOException {
        this.source = source;
        Files.createDirectories(DIRECTORY);
        StringBuilder routes = new StringBuilder();
        for (Load load : loads) {
            routes.append(route(load));
        }
        Files.writeString(Home.PATH.resolve("routes/peers.yaml"), routes);
    }

    static String pipeline(Load load) {
        return "peers-" + load.name();
    }

    /** The pipeline of runs one after the other: merging the same rows again would be another load, so each run changes them. */
    static String repeatable(Load load) {
        return load.merge() ? pipeline(load) + "-again" : pipeline(load);
    }

    private static String route(Load load) {
        String table = load.table().name();
        if (load.merge()) {
            String later = load.table().columns().stream()
                    .map(SourceTable.Column::name)
                    .map(column -> column.equals("changed_at")
                            ? "CAST(:?CamelWarehouseCursor AS timestamp) + interval '1 second' AS changed_at"
                            : column)
                    .collect(Collectors.joining(", "));
            return merge(load, pipeline(load), "SELECT * FROM bench." + table + " WHERE changed_at > CAST(:?CamelWarehouseCursor AS timestamp)")
                    + merge(load, repeatable(load), "SELECT " + later + " FROM bench." + table);
        }
        return
                """
                - route:
                    id: %1$s
                    from:
                      uri: pipeline:%1$s
                      steps:
                        - setBody:
                            constant: SELECT * FROM bench.%2$s
                        - to: jdbc:postgres?outputType=StreamList
                        - to: warehouse:%2$s.bench.%2$s?mode=replace&cursor=changed_at
                """
                        .formatted(pipeline(load), table);
    }

    private static String merge(Load load, String pipeline, String query) {
        return
                """
                - route:
                    id: %1$s
                    from:
                      uri: pipeline:%1$s
                      steps:
                        - to: warehouse:%2$s.bench.%2$s?operation=readCursor&cursor=changed_at&initialValue=1970-01-01T00:00:00
                        - setBody:
                            constant: "%3$s"
                        - to: jdbc:postgres?outputType=StreamList&useHeadersAsParameters=true
                        - to: warehouse:%2$s.bench.%2$s?mode=merge&key=id&cursor=changed_at
                """
                        .formatted(pipeline, load.target(), query);
    }

    Map<String, String> environment() throws SQLException {
        Map<String, String> environment = new TreeMap<>();
        environment.put("POSTGRES_URL", "jdbc:postgresql://127.0.0.1:" + source.port() + "/" + source.database);
        environment.put("POSTGRES_USERNAME", source.user);
        environment.put("POSTGRES_PASSWORD", source.password);
        environment.put("WAREHOUSE_DIRECTORY", DIRECTORY.toString());
        environment.put("LEDGER_URL", "jdbc:sqlite:" + LEDGER);
        environment.put("CARAVAN_JAVA_OPTS", System.getProperty("caravan.opts", "-Xmx256m"));
        return environment;
    }

    @Override
    public String name() {
        return "caravan";
    }

    @Override
    public Taken load(Load load) throws Exception {
        Command run = new Command(environment(), "run", pipeline(load));
        return new Taken(run.wall, run.duration(), run.cpu, run.process.peakMegabytes());
    }
}
