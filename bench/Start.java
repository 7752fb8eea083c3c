package bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The time of a command, from process start to exit. */
final class Start {

    private Start() {}

    static void measure() throws Exception {
        int rounds = Math.max(Bench.ROUNDS, 9);
        Bench.say("%n== run currencies-weekly, from process start to exit, %d times ==", rounds);
        new Command(Map.of(), "run", "currencies-weekly");
        List<Double> walls = new ArrayList<>();
        List<Double> cpus = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            Command run = new Command(Map.of(), "run", "currencies-weekly");
            walls.add(run.wall);
            cpus.add(run.cpu);
        }
        Bench.say("median %.2f s (from %.2f to %.2f), CPU %.2f s; aim 1 s",
                Bench.median(walls),
                walls.stream().min(Comparator.naturalOrder()).get(),
                walls.stream().max(Comparator.naturalOrder()).get(),
                Bench.median(cpus));
    }
}
