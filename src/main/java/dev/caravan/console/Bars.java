package dev.caravan.console;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Runs as bars, oldest first: the height is the duration, the colour the state.
 *
 * @param label describes all bars, for those who do not see them
 */
record Bars(List<Bar> bars, String label) {

    static final int STEP = 7;
    static final int WIDTH = 5;
    static final int HEIGHT = 28;
    private static final int LOWEST = 3;

    record Bar(int x, int y, int height, String state, String title) {}

    /**
     * @param newestFirst at most {@link Data#RECENT} are shown
     */
    static Bars of(List<RunView> newestFirst) {
        List<RunView> runs = new ArrayList<>(newestFirst.subList(0, Math.min(Data.RECENT, newestFirst.size())));
        Collections.reverse(runs);
        long longest = runs.stream().mapToLong(Bars::millis).max().orElse(0);
        List<Bar> bars = new ArrayList<>();
        int x = STEP * (Data.RECENT - runs.size());
        for (RunView run : runs) {
            int height = longest == 0
                    ? LOWEST
                    : LOWEST + (int) Math.round((HEIGHT - LOWEST) * (double) millis(run) / longest);
            bars.add(new Bar(x, HEIGHT - height, height, run.state().toString(), run.summary()));
            x += STEP;
        }
        Map<String, Long> states = runs.stream()
                .collect(Collectors.groupingBy(run -> run.state().toString(), TreeMap::new, Collectors.counting()));
        String counts = states.entrySet().stream()
                .map(state -> state.getValue() + " " + state.getKey())
                .collect(Collectors.joining(", "));
        return new Bars(
                bars, runs.isEmpty() ? "no runs yet" : "last " + Words.count(runs.size(), "run") + ": " + counts);
    }

    private static long millis(RunView run) {
        return run.duration() == null ? 0 : run.duration().toMillis();
    }
}
