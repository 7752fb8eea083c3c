package bench;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** What Caravan aims at beside the others, as ratios within one measurement. */
final class Goals {

    /** The median of one number of a peer and a load; NaN if it was not measured. */
    interface Medians {
        double of(String peer, Load load, ToDoubleFunction<Peer.Taken> number);
    }

    private final Medians medians;

    Goals(Medians medians) {
        this.medians = medians;
    }

    void say() {
        Bench.say("%n| Goal | Measured | |%n|---|---|---|");
        for (Load load : List.of(Load.NARROW, Load.WIDE)) {
            boolean narrow = load == Load.NARROW;
            double run = run("caravan-serve", load);
            double wall = wall("caravan", load);
            double ingestr = wall("ingestr", load);
            double dlt = Arrays.stream(new double[] {wall("dlt-connectorx", load), wall("dlt-pyarrow", load)})
                    .filter(seconds -> !Double.isNaN(seconds))
                    .min()
                    .orElse(Double.NaN);
            atLeast(load, "run in serve: of the rate of COPY as text", wall("copy-text", load) / run, narrow ? 0.7 : 0.6);
            atLeast(load, "run in serve: times as fast as ingestr", ingestr / run, narrow ? 1.5 : 1);
            atLeast(load, "command: times as fast as ingestr", ingestr / wall, 1);
            atLeast(load, "command: times as fast as dlt's best", dlt / wall, 2.5);
            atMost(load, "command: peak memory in MB", medians.of("caravan", load, Peer.Taken::megabytes), 450);
        }
        atMost(Load.MERGE, "run in serve: seconds", run("caravan-serve", Load.MERGE), 0.6);
        atMost(Load.MERGE, "command: seconds of the run", run("caravan", Load.MERGE), 0.6);
    }

    private double wall(String peer, Load load) {
        return medians.of(peer, load, Peer.Taken::wall);
    }

    private double run(String peer, Load load) {
        return medians.of(peer, load, Peer.Taken::run);
    }

    private static void atLeast(Load load, String what, double measured, double goal) {
        row(load, what, measured, "at least " + goal, measured >= goal);
    }

    private static void atMost(Load load, String what, double measured, double goal) {
        row(load, what, measured, "at most " + goal, measured <= goal);
    }

    private static void row(Load load, String what, double measured, String goal, boolean met) {
        if (!Double.isNaN(measured)) {
            Bench.say("| %s, %s: %s | %.2f | %s |", load.name(), what, goal, measured, met ? "met" : "**missed**");
        }
    }
}
