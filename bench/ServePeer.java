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

/** Caravan as a service: the last of three runs, one after the other, in one process of {@code serve}. */
final class ServePeer implements Peer {

    private static final int RUNS = 3;

    private final CaravanPeer caravan;

    ServePeer(CaravanPeer caravan) {
        this.caravan = caravan;
    }

    @Override
    public String name() {
        return "caravan-serve";
    }

    @Override
    public boolean writes() {
        return false;
    }

    @Override
    public Taken load(Load load) throws Exception {
        Path route = Home.PATH.resolve("routes/peers-again.yaml");
        Files.writeString(
                route,
                """
                - route:
                    id: peers-again
                    from:
                      uri: timer:peers-again?delay=0&period=1&repeatCount=%d
                      steps:
                        - to: pipeline:%s
                """
                        .formatted(RUNS, CaravanPeer.repeatable(load)));
        long begin = System.currentTimeMillis();
        try {
            Path output = Peers.HOME.resolve(name()).resolve("serve.out");
            Watched serve = new Watched(
                    Home.PATH,
                    caravan.environment(),
                    List.of(Command.CARAVAN, "serve"),
                    output,
                    () -> finished(load, begin).size() == RUNS);
            List<Double> runs = finished(load, begin);
            Bench.expect(runs.size() == RUNS, "serve ended: " + Files.readString(Watched.errors(output)));
            return new Taken(Double.NaN, runs.get(RUNS - 1), Double.NaN, serve.peakMegabytes());
        } finally {
            Files.delete(route);
        }
    }

    /** Seconds of the runs that have completed since then, in order. */
    private static List<Double> finished(Load load, long since) {
        List<Double> seconds = new ArrayList<>();
        try (Connection ledger = DriverManager.getConnection("jdbc:sqlite:" + CaravanPeer.LEDGER);
                Statement statement = ledger.createStatement();
                ResultSet runs = statement.executeQuery("SELECT finished - started FROM runs WHERE pipeline = '"
                        + CaravanPeer.repeatable(load) + "' AND state = 'completed' AND created >= " + since
                        + " ORDER BY created")) {
            while (runs.next()) {
                seconds.add(runs.getLong(1) / 1000.0);
            }
            return seconds;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
